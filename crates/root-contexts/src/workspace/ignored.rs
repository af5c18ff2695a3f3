//! `.gitignore` files, read through the handle of their folder and matched as git does.

use std::io::Read;

use cap_std::fs::Dir;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::open;

/// Bytes of a `.gitignore` that are read.
const MAX_BYTES: u64 = 64 * 1024;
/// Lines of it that are read: each is a pattern that costs time with every file.
const MAX_LINES: usize = 2000;

/// The patterns of one folder, for paths relative to it. Lines that are no patterns say nothing, as in git.
pub(super) fn of_folder(dir: &Dir) -> Gitignore {
    // Not through a symbolic link; git does not follow one here either.
    let Ok(file) = open::entry(dir, ".gitignore") else { return Gitignore::empty() };
    let mut bytes = Vec::new();
    if file.take(MAX_BYTES).read_to_end(&mut bytes).is_err() {
        return Gitignore::empty();
    }
    parse(&String::from_utf8_lossy(&bytes))
}

fn parse(text: &str) -> Gitignore {
    let mut builder = GitignoreBuilder::new("");
    for line in text.trim_start_matches('\u{feff}').lines().take(MAX_LINES) {
        let _ = builder.add_line(None, line);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Whether an entry is ignored. `levels` are the patterns from the top folder down to the one that holds the entry,
/// `names` its path from the top: one name for each level. The innermost file that says anything decides.
pub(super) fn is_ignored<'a>(
    levels: impl DoubleEndedIterator<Item = &'a Gitignore>,
    names: &[String],
    is_dir: bool,
) -> bool {
    for (up, level) in levels.rev().enumerate() {
        let start = names.len().saturating_sub(up + 1);
        let decided = level.matched(names[start..].join("/"), is_dir);
        if !decided.is_none() {
            return decided.is_ignore();
        }
    }
    false
}
