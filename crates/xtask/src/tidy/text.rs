//! What no file of the workspace may contain, and how long a file should be.

use super::{Report, line_at, rust::Rust};
use crate::workspace::Workspace;

/// Folders of a developer's machine. Written in two parts, so that this file does not contain what it looks for.
const HOMES: [(&str, &str); 4] = [("/ho", "me/"), ("/Us", "ers/"), ("/ro", "ot/"), ("/wo", "rk/")];
/// Names that stand for any user, as in the specification's examples.
const ANYONE: [&str; 4] = ["user/", "you/", "username/", "alice/"];
/// Marks of unfinished work, in two parts as well.
const UNFINISHED: [(&str, &str); 2] = [("TO", "DO"), ("FIX", "ME")];

pub(super) fn check(workspace: &Workspace, files: &[String], report: &mut Report) {
    for path in files {
        // What is no text, such as a picture, holds no words.
        let Some(text) = workspace.read(path) else {
            continue;
        };
        for (first, second) in HOMES {
            let needle = format!("{first}{second}");
            for (place, _) in
                text.match_indices(&needle).filter(|(place, _)| is_whole_path(&text, *place, needle.len()))
            {
                let mend = "write a path relative to the workspace, or take it from a variable";
                report.error(path, line_at(&text, place), format!("a path of one machine: {needle}"), mend);
            }
        }
        if !path.contains("/exercises/") {
            let rust = path.ends_with(".rs").then(|| Rust::read(&text));
            for (first, second) in UNFINISHED {
                let word = format!("{first}{second}");
                for (place, _) in text
                    .match_indices(&word)
                    .filter(|(place, _)| is_whole_word(&text, *place, word.len()))
                    .filter(|(place, _)| !is_spoken_of(&text, *place, word.len()))
                    .filter(|(place, _)| !rust.as_ref().is_some_and(|rust| rust.is_literal(*place)))
                {
                    report.error(
                        path,
                        line_at(&text, place),
                        format!("unfinished work: {word}"),
                        "finish it, or open an issue",
                    );
                }
            }
        }
        if let Some(limit) = line_limit(path) {
            let lines = text.lines().count();
            if lines > limit {
                let what = format!("{lines} lines, and {limit} are easy to read");
                report.warning(path, limit + 1, what, "split it by idea, one to a file");
            }
        }
    }
}

/// Lines that a file of a crate should not exceed.
fn line_limit(path: &str) -> Option<usize> {
    let mut parts = path.strip_prefix("crates/")?.splitn(2, '/');
    let (folder, file) = (parts.next()?, parts.next()?);
    if !file.starts_with("src/") || !file.ends_with(".rs") {
        return (file == "README.md").then_some(160);
    }
    Some(match file {
        // Only a lesson's files have a set purpose.
        _ if matches!(folder, "support" | "xtask") => 300,
        "src/main.rs" => 60,
        "src/lib.rs" => 50,
        "src/demo.rs" => 200,
        _ => 300,
    })
}

/// Whether a path begins here, rather than going on, and is no example.
fn is_whole_path(text: &str, place: usize, length: usize) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '~' | '}' | '*' | '$');
    !text[..place].ends_with(goes_on) && !ANYONE.iter().any(|name| text[place + length..].starts_with(name))
}

fn is_whole_word(text: &str, place: usize, length: usize) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    !text[..place].ends_with(is_name) && !text[place + length..].starts_with(is_name)
}

/// Whether a word stands between backticks: a text about marks is no mark. Nor is a program's literal.
fn is_spoken_of(text: &str, place: usize, length: usize) -> bool {
    text[..place].ends_with('`') && text[place + length..].starts_with('`')
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cases, lesson_cases};

    #[test]
    fn paths_of_one_machine() {
        let page = |text: &str| text.replace('|', "/");
        cases(&[
            (&[("a.md", &page("a\nsee |home|ann|x"))], &["a.md:2: a path of one machine: "]),
            (&[("a.md", &page("`|Users|ann`"))], &["a.md:1: a path of one machine: "]),
            (&[("a.txt", &page("file:||").replace("//", &page("||root|x")))], &["a.txt:1: a path of one machine: "]),
            (&[("a.sh", &page("cd |work|main"))], &["a.sh:1: a path of one machine: "]),
            (&[("a.txt", &page("https:||a.example|home|x .|work|x $PWD|work|x file:|||home|user|p"))], &[]),
        ]);
    }

    #[test]
    fn unfinished_work() {
        let word = super::UNFINISHED.map(|(first, second)| format!("{first}{second}"))[0].clone();
        let text = format!("a\n// {word}: b\n");
        cases(&[
            (&[("a.py", &text)], &["a.py:2: unfinished work: "]),
            (&[("crates/support/exercises/ex1.py", &text)], &[]),
            (&[("a.py", "MASTODON todo fixmed\n")], &[]),
            (&[("a.md", &format!("the mark `{word}`\n"))], &[]),
            (&[("a.rs", &format!("const A: &str = \"{word}: b\";\n"))], &[]),
            (&[("a.rs", &format!("/* {word}: b */\n"))], &["a.rs:1: unfinished work: "]),
            (&[("a.rs", &format!("/// {word} b\nfn f() {{}}\n"))], &["a.rs:1: unfinished work: "]),
        ]);
    }

    #[test]
    fn long_files_are_warned_of() {
        let lines = |count: usize| "//!\n".repeat(count);
        lesson_cases(&[
            (&[("src/main.rs", &lines(60)), ("src/lib.rs", &lines(50)), ("src/routes.rs", &lines(300))], &[]),
            (&[("src/main.rs", &lines(61))], &["crates/routing/src/main.rs:61: warning: 61 lines"]),
            (&[("src/lib.rs", &lines(51))], &["crates/routing/src/lib.rs:51: warning: 51 lines"]),
            (&[("src/server.rs", &lines(301))], &["crates/routing/src/server.rs:301: warning: 301 lines"]),
            (&[("src/demo.rs", &lines(201))], &["crates/routing/src/demo.rs:201: warning: 201 lines"]),
            (&[("src/a/b.rs", &lines(301))], &["crates/routing/src/a/b.rs:301: warning: 301 lines"]),
        ]);
    }
}
