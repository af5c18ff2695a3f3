//! Looking for a text in the files of a scope.

use std::time::Instant;

use globset::{GlobBuilder, GlobMatcher};
use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    scope::Scope,
    sweep::{Seen, Sweep, Visitor},
    walk::{Content, Entry, Limits, Skipped, Stopped, Walk},
};

/// Characters of a line before a hit that are shown, and behind its beginning.
const BEFORE: usize = 40;
const BEHIND: usize = 160;
/// Most memory that a pattern may take once it is compiled, in bytes: time goes with it.
const MAX_PATTERN: usize = 256 * 1024;
/// What is searched at once, in bytes: a longer line comes in pieces, so that no line takes longer than a slice.
const PIECE: usize = 4096;
/// What two pieces of a line have in common, in bytes.
const OVERLAP: usize = 1024;

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// A text, or a regular expression.
    pub text: String,
    /// Whether it is a regular expression.
    pub is_regex: bool,
    /// Whether upper and lower case differ.
    pub is_case_sensitive: bool,
    /// Only files whose path fits: below a folder if it has a `/`, by name otherwise.
    pub glob: Option<String>,
    /// Hits after which to stop.
    pub most: usize,
}

/// Why a query cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// No regular expression.
    #[error("not a regular expression: {0}")]
    Regex(String),
    /// No glob.
    #[error("not a glob: {0}")]
    Glob(String),
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Found {
    /// URIs of the folders that were searched.
    pub folders: Vec<String>,
    /// Lines that fit, in the order of the files.
    pub hits: Vec<Hit>,
    /// Files that were searched or skipped, without ignored ones.
    pub files: usize,
    /// What was not searched.
    pub skipped: Skipped,
    /// Why there may be more hits, if so.
    pub stopped: Option<Stopped>,
}

/// A line that fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Hit {
    /// The file.
    pub uri: String,
    /// The line, from 1.
    pub line: usize,
    /// Where in the line the first match begins, in characters from 1.
    pub column: usize,
    /// The line, or what is around the match if it is long.
    pub excerpt: String,
}

/// Looks at files as they come.
pub struct Searcher {
    folders: Vec<String>,
    pattern: Regex,
    glob: Option<(GlobMatcher, bool)>,
    hits: Vec<Hit>,
    most: usize,
    next: Next,
}

/// Where in a file to go on: a line by its offset and number, and an offset in it.
#[derive(Default)]
struct Next {
    offset: usize,
    line: usize,
    inside: usize,
}

/// A search of everything in a scope, to be done in slices.
///
/// # Errors
/// [`QueryError`].
pub fn search(scope: Scope, query: &Query, limits: Limits) -> Result<Sweep<Searcher>, QueryError> {
    // This engine's time is linear in the text, whatever the pattern.
    let pattern = if query.is_regex { query.text.clone() } else { regex::escape(&query.text) };
    let pattern = RegexBuilder::new(&pattern)
        .case_insensitive(!query.is_case_sensitive)
        .size_limit(MAX_PATTERN)
        .dfa_size_limit(MAX_PATTERN)
        .build()
        .map_err(|error| QueryError::Regex(last_line(&error)))?;
    let glob = query.glob.as_deref().map(|glob| {
        let matcher = GlobBuilder::new(glob.trim_start_matches('/')).literal_separator(true).build();
        matcher.map(|matcher| (matcher.compile_matcher(), glob.contains('/')))
    });
    let glob = glob.transpose().map_err(|error| QueryError::Glob(last_line(&error)))?;
    let (folders, next) = (scope.uris(), Next::default());
    let visitor = Searcher { folders, pattern, glob, hits: Vec::new(), most: query.most, next };
    Ok(Sweep::new(scope, limits, visitor))
}

/// What an error of several lines with a drawing comes down to.
fn last_line(error: &impl ToString) -> String {
    error.to_string().lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned()
}

impl Visitor for Searcher {
    fn wants(&self, entry: &Entry) -> bool {
        self.glob.as_ref().is_none_or(|(glob, whole)| {
            let name = entry.path.rsplit('/').next().unwrap_or(&entry.path);
            glob.is_match(if *whole { &entry.path } else { name })
        })
    }

    fn visit(&mut self, entry: &Entry, content: &Content, until: Instant) -> Seen {
        let Content::Text(text) = content else { return Seen::All };
        while let Some(line) = text[self.next.offset..].split_inclusive('\n').next() {
            if Instant::now() >= until {
                return Seen::Part;
            }
            let Next { offset, line: number, inside } = self.next;
            let text = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
            let end = text.floor_char_boundary(inside + PIECE);
            let found = self.pattern.find_at(&text[..end], inside);
            if let Some(found) = found {
                if self.hits.len() == self.most {
                    return Seen::Enough;
                }
                self.hits.push(hit(entry, number + 1, text, found.start()));
            }
            self.next = if found.is_some() || end == text.len() {
                Next { offset: offset + line.len(), line: number + 1, inside: 0 }
            } else {
                Next { inside: text.floor_char_boundary(end - OVERLAP), ..self.next }
            };
        }
        self.next = Next::default();
        Seen::All
    }
}

fn hit(entry: &Entry, line: usize, text: &str, start: usize) -> Hit {
    let before = text[..start].chars().count();
    let first = before.saturating_sub(BEFORE);
    Hit {
        uri: entry.uri.clone(),
        line,
        column: before + 1,
        excerpt: text.chars().skip(first).take(before - first + BEHIND).collect(),
    }
}

impl Sweep<Searcher> {
    /// What was found, once the last step is done.
    pub fn finish(self) -> Found {
        let Walk { files, skipped, stopped, .. } = self.walk;
        Found { folders: self.visitor.folders, hits: self.visitor.hits, files, skipped, stopped }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use super::*;
    use crate::workspace::folders::Folders;

    fn sweep(text: &str, pattern: &str, limits: Limits) -> (tempfile::TempDir, Sweep<Searcher>) {
        let all = tempfile::tempdir().expect("a folder");
        fs::write(all.path().join("a.txt"), text).expect("a file");
        let folders = Folders::open(&[all.path().to_owned()]).expect("a folder");
        let query =
            Query { text: pattern.into(), is_regex: true, is_case_sensitive: true, most: 10, ..Query::default() };
        (all, search(Scope::everything(&folders), &query, limits).expect("a query"))
    }

    #[test]
    fn a_costly_pattern_ends_in_time_inside_of_one_line() {
        let limits = Limits { time: Duration::from_millis(300), ..Limits::default() };
        let costly = r"(?-u:[\x00-\x70r-\x7f]{0,1000}[0-9][0-9])";
        let (_all, mut sweep) = sweep(&"a".repeat(1_000_000), costly, limits);
        let began = Instant::now();
        while !sweep.step(Duration::from_millis(50)) {}
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        assert_eq!(sweep.finish().stopped, Some(Stopped::Time));
    }

    #[test]
    fn a_long_line_is_searched_to_its_end() {
        for at in [0, PIECE - OVERLAP, PIECE - 3, PIECE, 3 * PIECE - 1, 50_000] {
            let text = format!("x\r\n{}needle\u{e4}{}\nlast", "\u{e4}".repeat(at), "y".repeat(9000));
            let (_all, mut sweep) = sweep(&text, "needle|^last$", Limits::default());
            while !sweep.step(Duration::from_millis(50)) {}
            let hits: Vec<_> = sweep.finish().hits.iter().map(|hit| (hit.line, hit.column)).collect();
            assert_eq!(hits, [(2, at + 1), (3, 1)], "{at}");
        }
    }
}
