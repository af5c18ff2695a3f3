//! Files outside of the lesson that its code includes, such as the workspace's changelog: they come along, to the same
//! place below the new crate's root as they have below the workspace's, and the paths to them become shorter.

use anyhow::{Context as _, bail};

use crate::tidy::rust::Rust;

const MACROS: [&str; 2] = ["include_str!", "include_bytes!"];

/// A file of the lesson, with what it includes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Included {
    /// The code, with paths that fit the new crate.
    pub(super) text: String,
    /// Files outside of the lesson, by their path from the workspace's root.
    pub(super) outside: Vec<String>,
}

/// Reads a file of the lesson in the folder `own`, such as `crates/routing/`, by its path in it.
pub(super) fn of(own: &str, path: &str, text: &str) -> anyhow::Result<Included> {
    let mut included = Included { text: text.to_owned(), outside: Vec::new() };
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let depth = folder.split('/').filter(|name| !name.is_empty()).count();
    // From the end, so that the places before stay right.
    for (start, end) in literals(text).into_iter().rev() {
        let from_root = resolve(&format!("{own}{folder}"), &text[start..end])
            .with_context(|| format!("{own}{path} includes a file outside of the workspace: {}", &text[start..end]))?;
        if !from_root.starts_with(own) {
            included.text.replace_range(start..end, &format!("{}{from_root}", "../".repeat(depth)));
            included.outside.push(from_root);
        }
    }
    Ok(included)
}

/// Where the plain literals stand that these macros get, without their quotes.
fn literals(text: &str) -> Vec<(usize, usize)> {
    let rust = Rust::read(text);
    let mut found = Vec::new();
    for name in MACROS {
        for place in rust.words(name) {
            let after = place + name.len();
            // The contents of literals are blanked in the code, their quotes are not.
            let rest = &rust.code[after..];
            let opened = rest.trim_start().strip_prefix('(').map(str::trim_start);
            let Some(inner) = opened.and_then(|opened| opened.strip_prefix('"')) else { continue };
            let start = text.len() - inner.len();
            found.extend(inner.find('"').map(|length| (start, start + length)));
        }
    }
    found.sort_unstable();
    found
}

/// A path that is relative to a folder, from the root.
fn resolve(folder: &str, path: &str) -> anyhow::Result<String> {
    let mut names: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." if names.pop().is_some() => {}
            ".." => bail!("there is nothing above the root"),
            name => names.push(name),
        }
    }
    Ok(names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_out_of_the_lesson_are_shortened() {
        for (path, text, expected, outside) in [
            ("src/lib.rs", "include_str!(\"../../../A.md\")", "include_str!(\"../A.md\")", vec!["A.md"]),
            (
                "src/a/b.rs",
                "x(include_str!( \"../../../../A.md\" ))",
                "x(include_str!( \"../../A.md\" ))",
                vec!["A.md"],
            ),
            ("build.rs", "include_bytes!(\"../../docs/a.png\")", "include_bytes!(\"docs/a.png\")", vec!["docs/a.png"]),
            (
                "src/lib.rs",
                "include_str!(\"../../../A.md\");\"ä\";include_bytes!(\"../../../b/B\")",
                "include_str!(\"../A.md\");\"ä\";include_bytes!(\"../b/B\")",
                vec!["b/B", "A.md"],
            ),
        ] {
            let included = of("crates/routing/", path, text).expect(path);
            assert_eq!(
                (included.text.as_str(), included.outside),
                (expected, outside.iter().map(ToString::to_string).collect())
            );
        }
    }

    #[test]
    fn all_else_stays() {
        for text in [
            "include_str!(\"a.txt\")",
            "include_str!(\"../README.md\")",
            "include_str!(\"../../routing/README.md\")",
            "// include_str!(\"../../../A.md\")",
            "\"include_str!(\\\"../../../A.md\\\")\"",
            "include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/a\"))",
            "include!(\"a.rs\")",
            "include_str!(",
        ] {
            let included = of("crates/routing/", "src/lib.rs", text).expect(text);
            assert_eq!(included, Included { text: text.to_owned(), outside: Vec::new() });
        }
        let error = of("crates/routing/", "src/lib.rs", "include_str!(\"../../../../A.md\")").expect_err("too far");
        let expected = "crates/routing/src/lib.rs includes a file outside of the workspace: ../../../../A.md";
        assert_eq!(error.to_string(), expected);
    }
}
