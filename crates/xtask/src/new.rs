//! `cargo xtask new <lesson>`: a lesson that runs, is tested and passes every house rule from its first minute.

use std::{fs, io::Write, process::Command};

use anyhow::{Context as _, bail, ensure};
use clap::Args;

use crate::{
    course, docs,
    template::{self, Plan},
    workspace::Workspace,
};

/// What to write.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder under `crates/`, such as `routing`
    lesson: String,
    /// Number in the course, such as 5.5; known for the lessons of the course
    #[arg(long)]
    number: Option<String>,
    /// Title, such as "Routing"; known for the lessons of the course
    #[arg(long)]
    title: Option<String>,
}

/// Writes the lesson, formats it, and brings the README's table up to date.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<()> {
    let plan = plan(workspace, arguments)?;
    let written = write(workspace, &plan)?;
    for path in written {
        writeln!(out, "wrote {path}")?;
    }
    // Names have different lengths, and so have the lines that they stand in.
    let package = plan.package();
    let status = Command::new("cargo").args(["fmt", "-p", &package]).current_dir(&workspace.root).status();
    if !status.is_ok_and(|status| status.success()) {
        writeln!(out, "could not format it; run: cargo fmt -p {package}")?;
    }
    if let Ok((old, new)) = docs::old_and_new(workspace)
        && old != new
    {
        fs::write(workspace.root.join(docs::README), new)?;
        writeln!(out, "wrote the table of lessons in {}", docs::README)?;
    }
    writeln!(out, "\nnext:\n  cargo run -p {package}\n  cargo test -p {package}\n  cargo xtask tidy")?;
    Ok(())
}

fn plan(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<Plan> {
    let folder = arguments.lesson.clone();
    ensure!(
        is_kebab_case(&folder),
        "'{folder}' is no folder name: use lower case words joined by '-', such as routing"
    );
    ensure!(!workspace.has(&format!("crates/{folder}")), "crates/{folder} exists already");
    let known = course::known(&folder);
    let number = arguments.number.clone().or(known.map(|course| course.number.to_owned()));
    let title = arguments.title.clone().or(known.map(|course| course.title.to_owned()));
    let (Some(number), Some(title)) = (number, title) else {
        bail!("'{folder}' is no lesson of the course ({}); give --number and --title", course::folders());
    };
    ensure!(
        is_number(&number),
        "'{number}' is no lesson number: use 5.1 to 5.17, or 5.18 and up for lessons of your own"
    );
    ensure!(is_title(&title), "'{title}' is no title: use letters, digits, spaces and -,.' only");
    if let Some(other) = workspace.lessons()?.into_iter().find(|lesson| lesson.facts.number == number) {
        bail!("lesson {number} exists already: crates/{}", other.folder);
    }
    Ok(Plan { folder, number, title, deprecated: known.is_some_and(|course| course.deprecated) })
}

fn write(workspace: &Workspace, plan: &Plan) -> anyhow::Result<Vec<String>> {
    let mut written = Vec::new();
    for (path, text) in template::FILES {
        let path = format!("crates/{}/{path}", plan.folder);
        let file = workspace.root.join(&path);
        let folder = file.parent().with_context(|| format!("{path} has no folder"))?;
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        fs::write(&file, plan.fill(text)).with_context(|| format!("cannot write {path}"))?;
        written.push(path);
    }
    Ok(written)
}

fn is_kebab_case(name: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    // A name that starts with a digit would make a type that does.
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.split('-').all(word)
}

fn is_number(number: &str) -> bool {
    let position = number.strip_prefix("5.").and_then(|position| position.parse::<u8>().ok());
    position.is_some_and(|position| position > 0 && number == format!("5.{position}"))
}

fn is_title(title: &str) -> bool {
    // It stands in TOML, Rust and Markdown, where other characters would mean something.
    title.trim() == title
        && !title.is_empty()
        && title.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | ',' | '.' | '\''))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        tidy,
        workspace::tests::{fixture, manifest},
    };

    fn arguments(lesson: &str, number: Option<&str>, title: Option<&str>) -> Arguments {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Arguments { lesson: lesson.to_owned(), number: owned(number), title: owned(title) }
    }

    #[test]
    fn a_new_lesson_is_whole_and_tidy() {
        for (folder, type_name) in [("protocol-features", "ProtocolFeatures"), ("root-contexts", "RootContexts")] {
            let (_folder, workspace) = fixture(tidy::tests::EMPTY_WORKSPACE);
            let plan = plan(&workspace, &arguments(folder, None, None)).expect("a plan");
            let written = write(&workspace, &plan).expect("written");
            assert_eq!(written.len(), template::FILES.len());
            for path in written {
                let text = workspace.read(&path).expect("a file");
                // These two belong to the editor that runs requests.http.
                let text = text.replace("{{url}}", "").replace("{{initialize.response.headers.mcp-session-id}}", "");
                assert!(!text.is_empty() && !text.contains("{{"), "{path}: {text}");
            }
            let server = workspace.read(&format!("crates/{folder}/src/server.rs")).expect("a server");
            assert!(server.contains(&format!("pub struct {type_name} ")));
            let (_, readme) = docs::old_and_new(&workspace).expect("a README");
            fs::write(workspace.root.join(docs::README), readme).expect("written");
            assert_eq!(tidy::tests::findings(&workspace), Vec::<String>::new(), "{folder}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let routing = manifest("routing", "5.5");
        let (_folder, workspace) = fixture(&[("crates/routing/Cargo.toml", &routing)]);
        for (lesson, number, title, what) in [
            ("routing", None, None, "exists already"),
            ("Scaling", None, None, "no folder name"),
            ("../scaling", None, None, "no folder name"),
            ("scaling-", None, None, "no folder name"),
            ("2nd", None, None, "no folder name"),
            ("nothing", None, None, "no lesson of the course"),
            ("nothing", Some("5.18"), None, "no lesson of the course"),
            ("nothing", Some("6.1"), Some("Nothing"), "no lesson number"),
            ("nothing", Some("5.01"), Some("Nothing"), "no lesson number"),
            ("nothing", Some("5.5"), Some("Nothing"), "lesson 5.5 exists already"),
            ("nothing", Some("5.18"), Some("No\"thing"), "no title"),
            ("nothing", Some("5.18"), Some(" "), "no title"),
        ] {
            let error = plan(&workspace, &arguments(lesson, number, title)).expect_err(lesson).to_string();
            assert!(error.contains(what), "{lesson}: {error}");
        }
        let own = plan(&workspace, &arguments("my-lesson", Some("5.18"), Some("Mine"))).expect("a plan");
        assert_eq!((own.package().as_str(), own.deprecated), ("mcp-my-lesson", false));
    }
}
