//! The entries of a changelog (<https://keepachangelog.com>) as issues.
//!
//! Every bullet is one. Numbers count from the oldest: the newest section of a changelog stands first and its newest
//! bullet last, so sections are read from the bottom to the top, and bullets from the top to the bottom. An entry keeps
//! its number when a new one is added at the end of the newest section, when a release gets a section of its own, and
//! when an entry is reworded; not when one is deleted or put between others. Entries of the section `Unreleased` are
//! open, released ones closed.

use super::{Issue, LOCAL_OWNER, LOCAL_REPO, State};

/// This repository's changelog, as it was when this was compiled.
pub(super) const CHANGELOG: &str = include_str!("../../../../CHANGELOG.md");

const UNRELEASED: &str = "unreleased";
/// Longest title, in characters, as on GitHub.
const TITLE_LIMIT: usize = 256;

/// A `## ` heading, and the bullets below it.
#[derive(Debug, Default)]
struct Section<'a> {
    name: &'a str,
    bullets: Vec<String>,
}

/// All entries, by number.
pub(super) fn issues(text: &str) -> Vec<Issue> {
    let sections = sections(text);
    let oldest_first = sections.iter().rev();
    let entries = oldest_first.flat_map(|section| section.bullets.iter().map(|bullet| (section.name, bullet)));
    (1..).zip(entries).map(|(number, (section, bullet))| issue(number, section, bullet)).collect()
}

fn issue(number: u32, section: &str, bullet: &str) -> Issue {
    let is_open = section.to_lowercase().contains(UNRELEASED);
    Issue {
        repository: format!("{LOCAL_OWNER}/{LOCAL_REPO}"),
        number,
        title: title(bullet),
        state: if is_open { State::Open } else { State::Closed },
        body: bullet.to_owned(),
        labels: vec![section.to_owned()],
        author: None,
        created_at: None,
        url: None,
        is_pull_request: false,
        made_by: "an entry of this repository's CHANGELOG.md".to_owned(),
    }
}

fn sections(text: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut is_in_bullet = false;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            sections.push(Section { name: name.trim(), bullets: Vec::new() });
            is_in_bullet = false;
            continue;
        }
        // What stands before the first section introduces the file.
        let Some(section) = sections.last_mut() else { continue };
        if let Some(first) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
            section.bullets.push(first.trim().to_owned());
            is_in_bullet = true;
        } else if line.starts_with(' ') && is_in_bullet {
            // The bullet goes on.
            if let Some(bullet) = section.bullets.last_mut() {
                bullet.push(' ');
                bullet.push_str(line.trim());
            }
        } else {
            // A heading such as `### Added`, a blank line or a paragraph.
            is_in_bullet = false;
        }
    }
    sections
}

/// The bullet up to its first colon or full stop. Those in code, and in names such as `5.2`, are passed over.
fn title(bullet: &str) -> String {
    let mut is_in_code = false;
    let mut following = bullet.chars().skip(1);
    let end = bullet.char_indices().find(|(_, character)| {
        let next = following.next();
        is_in_code ^= *character == '`';
        !is_in_code && matches!(character, ':' | '.' | ';') && next.is_none_or(char::is_whitespace)
    });
    let end = end.map_or(bullet.len(), |(place, _)| place);
    bullet[..end].chars().take(TITLE_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "# Changelog\n\n- not an entry\n\n## 0.2.0 - 2026-03-01\n\n### Added\n\n- Third: `a: b` and\n  more of\n  \
        it.\n- Fourth.\n\nA paragraph.\n  Not an entry.\n\n## 0.1.0\n\n* First v1.2 thing. With more.\n- Second `x. y`\n";

    fn numbered(text: &str) -> Vec<(u32, String, State)> {
        issues(text).into_iter().map(|issue| (issue.number, issue.title, issue.state)).collect()
    }

    #[test]
    fn entries_are_numbered_from_the_oldest() {
        let expected = ["First v1.2 thing", "Second `x. y`", "Third", "Fourth"];
        let expected: Vec<_> = (1..).zip(expected).map(|(n, title)| (n, title.to_owned(), State::Closed)).collect();
        assert_eq!(numbered(OLD), expected);
        let issues = issues(OLD);
        assert_eq!(issues[2].body, "Third: `a: b` and more of it.");
        assert_eq!(issues[2].labels, ["0.2.0 - 2026-03-01"]);
    }

    #[test]
    fn an_entry_keeps_its_number() {
        let one = OLD.replace("## 0.2.0", "## Unreleased\n\n- Fifth.\n\n## 0.2.0");
        let two = one.replace("- Fifth.\n", "- Fifth.\n- Sixth.\n");
        let released = two.replace("## Unreleased\n", "## [Unreleased]\n\n- Seventh.\n\n## 0.3.0\n");
        let old = numbered(OLD);
        for (text, more) in [
            (one, vec![("Fifth", State::Open)]),
            (two, vec![("Fifth", State::Open), ("Sixth", State::Open)]),
            (released, vec![("Fifth", State::Closed), ("Sixth", State::Closed), ("Seventh", State::Open)]),
        ] {
            let more = (5..).zip(more).map(|(number, (title, state))| (number, title.to_owned(), state));
            assert_eq!(numbered(&text), old.iter().cloned().chain(more).collect::<Vec<_>>());
        }
    }

    #[test]
    fn this_repositorys_entries() {
        let issues = issues(CHANGELOG);
        assert!(!issues.is_empty());
        for issue in issues {
            assert!(!issue.title.is_empty() && issue.body.starts_with(&issue.title), "{issue}");
        }
    }

    #[test]
    fn other_texts_have_no_entries() {
        for text in ["", "\n", "- a\n- b\n", "## A\n", "## A\n\ntext\n  more\n", "  - a\n## A\n  - nested\n"] {
            assert_eq!(issues(text), [], "{text:?}");
        }
        let endless = format!("## A\n- {}\n", "ä".repeat(9999));
        assert_eq!(issues(&endless)[0].title.chars().count(), TITLE_LIMIT);
        assert_eq!(issues("## A\n- \n- :\n").len(), 2);
    }
}
