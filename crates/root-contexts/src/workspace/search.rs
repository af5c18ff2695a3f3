//! Looking for a text in the files of a scope.

use globset::{GlobBuilder, GlobMatcher};
use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    scope::Scope,
    walk::{Content, Entry, Limits, Skipped, Stopped, Sweep, Visitor, Walk},
};

/// Characters of a line before a hit that are shown, and behind its beginning.
const BEFORE: usize = 40;
const BEHIND: usize = 160;
/// Most memory that a pattern may take once it is compiled, in bytes.
const MAX_PATTERN: usize = 1024 * 1024;

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
    let visitor = Searcher { folders: scope.uris(), pattern, glob, hits: Vec::new(), most: query.most };
    Ok(Sweep { walk: Walk::new(scope, limits), visitor })
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

    fn visit(&mut self, entry: &Entry, content: &Content) -> bool {
        let Content::Text(text) = content else { return true };
        for (index, line) in text.lines().enumerate() {
            let Some(found) = self.pattern.find(line) else { continue };
            if self.hits.len() == self.most {
                return false;
            }
            let before = line[..found.start()].chars().count();
            let start = before.saturating_sub(BEFORE);
            self.hits.push(Hit {
                uri: entry.uri.clone(),
                line: index + 1,
                column: before + 1,
                excerpt: line.chars().skip(start).take(before - start + BEHIND).collect(),
            });
        }
        true
    }
}

impl Sweep<Searcher> {
    /// What was found, once the last step is done.
    pub fn finish(self) -> Found {
        let Walk { files, skipped, stopped, .. } = self.walk;
        Found { folders: self.visitor.folders, hits: self.visitor.hits, files, skipped, stopped }
    }
}
