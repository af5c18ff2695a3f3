//! What a project consists of: languages, sizes, and what its authors have left to do.

use std::{collections::BTreeMap, time::Instant};

use regex::Regex;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    languages::language,
    scope::Scope,
    sweep::{Seen, Sweep, Visitor},
    walk::{Content, Entry, Limits, Skipped, Stopped, Walk},
};

/// Most marks that are listed; all are counted.
const MAX_MARKS: usize = 200;
/// Largest files that are listed.
const LARGEST: usize = 10;
/// Longest text of a mark, in characters.
const MARK_CHARS: usize = 160;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Analysis {
    /// URIs of the folders that were looked at.
    pub folders: Vec<String>,
    /// Files that no `.gitignore` names, binary and large ones included.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Lines of the files that are text and not too large.
    pub lines: usize,
    /// By language, the one with the most lines first.
    pub languages: Vec<Language>,
    /// Marks (`TODO`, `FIXME`) in the order of the files, at most 200.
    pub todos: Vec<Mark>,
    /// How many there are in all.
    pub todo_count: usize,
    /// The ten largest files.
    pub largest: Vec<Large>,
    /// What was not looked into.
    pub skipped: Skipped,
    /// Why there may be more than was counted, if so.
    pub stopped: Option<Stopped>,
}

/// Files of one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Language {
    /// Its name, or `Other`.
    pub language: String,
    /// Files of text.
    pub files: usize,
    /// Their lines.
    pub lines: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// Something that an author has left to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mark {
    /// `TODO` or `FIXME`.
    pub kind: String,
    /// The file.
    pub uri: String,
    /// The line, from 1.
    pub line: usize,
    /// What stands behind the mark.
    pub text: String,
}

/// A large file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Large {
    /// The file.
    pub uri: String,
    /// Its size.
    pub bytes: u64,
}

/// Counts files as they come.
pub struct Counter {
    folders: Vec<String>,
    mark: Regex,
    bytes: u64,
    lines: usize,
    languages: BTreeMap<&'static str, Language>,
    todos: Vec<Mark>,
    todo_count: usize,
    largest: Vec<Large>,
}

/// An analysis of everything in a scope, to be done in slices.
///
/// # Errors
/// Never, in truth: the pattern is fixed. The caller decides what becomes of it.
pub fn analysis(scope: Scope, limits: Limits) -> Result<Sweep<Counter>, regex::Error> {
    let visitor = Counter {
        folders: scope.uris(),
        mark: Regex::new(r"\b(TODO|FIXME)\b(?:\([^)]*\))?:?\s*(.*)")?,
        bytes: 0,
        lines: 0,
        languages: BTreeMap::new(),
        todos: Vec::new(),
        todo_count: 0,
        largest: Vec::new(),
    };
    Ok(Sweep::new(scope, limits, visitor))
}

impl Visitor for Counter {
    fn visit(&mut self, entry: &Entry, content: &Content, _: Instant) -> Seen {
        self.bytes += entry.bytes;
        let place = self.largest.partition_point(|large| large.bytes >= entry.bytes);
        if place < LARGEST {
            self.largest.insert(place, Large { uri: entry.uri.clone(), bytes: entry.bytes });
            self.largest.truncate(LARGEST);
        }
        let Content::Text(text) = content else { return Seen::All };
        let lines = text.lines().count();
        self.lines += lines;
        let name = language(&entry.path);
        let language = self.languages.entry(name).or_insert_with(|| Language {
            language: name.to_owned(),
            files: 0,
            lines: 0,
            bytes: 0,
        });
        language.files += 1;
        language.lines += lines;
        language.bytes += entry.bytes;
        for (index, line) in text.lines().enumerate() {
            let Some(found) = self.mark.captures(line) else { continue };
            self.todo_count += 1;
            if self.todos.len() < MAX_MARKS {
                self.todos.push(Mark {
                    kind: found[1].to_owned(),
                    uri: entry.uri.clone(),
                    line: index + 1,
                    text: found[2].trim_end().chars().take(MARK_CHARS).collect(),
                });
            }
        }
        Seen::All
    }
}

impl Sweep<Counter> {
    /// The analysis, once the last step is done.
    pub fn finish(self) -> Analysis {
        let Counter { folders, bytes, lines, languages, todos, todo_count, largest, .. } = self.visitor;
        let mut languages: Vec<Language> = languages.into_values().collect();
        languages.sort_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.language.cmp(&b.language)));
        let Walk { files, skipped, stopped, .. } = self.walk;
        Analysis { folders, files, bytes, lines, languages, todos, todo_count, largest, skipped, stopped }
    }
}
