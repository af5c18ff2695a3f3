//! Every relative link of a page leads to a file.

use std::path::Path;

use super::{Report, TEMPLATES};
use crate::workspace::Workspace;

pub(super) fn check(workspace: &Workspace, files: &[String], report: &mut Report) {
    for path in files.iter().filter(|path| path.ends_with(".md") && !path.starts_with(TEMPLATES)) {
        let Some(text) = workspace.read(path) else {
            continue;
        };
        let folder = Path::new(path).parent().unwrap_or(Path::new(""));
        for (line, target) in links(&text) {
            let file = target.split(['#', '?']).next().unwrap_or_default().replace("%20", " ");
            if file.starts_with('/') {
                let mend = format!("write it relative to {path}");
                report.error(path, line, format!("the link '{target}' begins at the root of a disk"), mend);
            } else if !workspace.root.join(folder).join(&file).exists() {
                report.error(
                    path,
                    line,
                    format!("the link '{target}' leads nowhere"),
                    "correct the link, or write the file",
                );
            }
        }
    }
}

/// Relative links outside code, with their lines.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut fence: Option<&str> = None;
    for (index, line) in text.lines().enumerate() {
        let start = line.trim_start();
        let opens = ["```", "~~~"].into_iter().find(|fence| start.starts_with(fence));
        if opens.is_some() && (fence.is_none() || fence == opens) {
            fence = if fence.is_none() { opens } else { None };
            continue;
        }
        if fence.is_some() {
            continue;
        }
        let reference = start.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target);
        let targets = outside_code(line).flat_map(|part| part.split("](").skip(1));
        let targets = targets.filter_map(|rest| rest.split(')').next()).chain(reference);
        let targets = targets.filter_map(|target| target.split_whitespace().next());
        let targets = targets.map(|target| target.trim_matches(['<', '>']));
        found.extend(targets.filter(|target| is_relative(target)).map(|target| (index + 1, target)));
    }
    found
}

/// The parts of a line that stand between no backticks. A link whose text is code is in one piece with its target.
fn outside_code(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').step_by(2)
}

fn is_relative(target: &str) -> bool {
    let scheme =
        target.split_once(':').is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric() || c == '+'));
    !scheme && !target.starts_with('#') && !target.is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::tests::cases;

    #[test]
    fn links_lead_to_files() {
        const PAGE: &str = "docs/page.md";
        cases(&[
            (&[(PAGE, "[a](../README.md) ![b](../README.md#part \"title\") [c](https://a.example/x) [d](#part)")], &[]),
            (&[(PAGE, "text\n[a](missing.md)")], &["docs/page.md:2: the link 'missing.md' leads nowhere"]),
            (&[(PAGE, "[`code`](missing.md)")], &["docs/page.md:1: the link 'missing.md'"]),
            (&[(PAGE, "![a](<missing.png>)")], &["docs/page.md:1: the link 'missing.png'"]),
            (&[(PAGE, "[a]: missing.md")], &["docs/page.md:1: the link 'missing.md'"]),
            (&[(PAGE, "[a](/README.md)")], &["docs/page.md:1: the link '/README.md' begins at the root"]),
            (&[(PAGE, "`[a](missing.md)`\n```sh\n[a](missing.md)\n```\n")], &[]),
            (&[(PAGE, "~~~\n```\n[a](missing.md)\n~~~\n[b](mailto:a@b.example)")], &[]),
        ]);
    }
}
