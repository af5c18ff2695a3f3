//! Each exercise has its solution, and the manifest counts them right.

use super::Report;
use crate::workspace::{Lesson, Workspace};

pub(super) fn check(workspace: &Workspace, files: &[String], report: &mut Report) {
    // Facts that cannot be read are found in the manifests.
    for lesson in workspace.lessons().unwrap_or_default() {
        exercises(files, &lesson, report);
    }
}

fn exercises(files: &[String], lesson: &Lesson, report: &mut Report) {
    let Lesson { folder, facts, .. } = lesson;
    let in_folder = |name: &str| -> Vec<&str> {
        let folder = format!("crates/{folder}/{name}/");
        let names = files.iter().filter_map(|path| path.strip_prefix(&folder));
        names.filter(|name| name.starts_with("ex") && name.ends_with(".rs") && !name.contains('/')).collect()
    };
    let (stubs, solutions) = (in_folder("exercises"), in_folder("solutions"));
    if stubs.len() != facts.exercises {
        let what = format!("the manifest counts {} exercises, and exercises/ holds {}", facts.exercises, stubs.len());
        report.error(
            &format!("crates/{folder}/Cargo.toml"),
            1,
            what,
            format!("write the missing stubs, or exercises = {}", stubs.len()),
        );
    }
    for (has, other, of, missing) in
        [(&stubs, &solutions, "exercises", "solutions"), (&solutions, &stubs, "solutions", "exercises")]
    {
        for name in has.iter().filter(|name| !other.contains(name)) {
            let mend = format!("write crates/{folder}/{missing}/{name}");
            report.error(&format!("crates/{folder}/{of}/{name}"), 1, format!("it is not in {missing}/"), mend);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MANIFEST, lesson_cases};

    #[test]
    fn stubs_solutions_and_the_manifest_agree() {
        let manifest = MANIFEST.replace("exercises = 0", "exercises = 1");
        let manifest = ("Cargo.toml", manifest.as_str());
        let (stub, solution) = (("exercises/ex1_a.rs", "//!\n"), ("solutions/ex1_a.rs", "//!\n"));
        lesson_cases(&[
            (&[manifest, stub, solution], &[]),
            (&[manifest], &["crates/routing/Cargo.toml:1: the manifest counts 1 exercises"]),
            (&[manifest, stub], &["crates/routing/exercises/ex1_a.rs:1: it is not in solutions/"]),
            (&[stub, solution], &["crates/routing/Cargo.toml:1: the manifest counts 0 exercises"]),
        ]);
    }
}
