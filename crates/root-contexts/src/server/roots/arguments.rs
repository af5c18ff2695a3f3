//! What the tools are given, with every bound checked before anybody is asked anything.

use mcp_support::refusal::within;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::asked::refused;
use crate::{
    error::Refusal,
    workspace::{
        read::{MAX_TEXT, Part},
        search::Query,
        uri::{Directory, MAX_BYTES},
    },
};

/// Hits of a search when nobody says how many.
const HITS: usize = 100;
const MAX_HITS: usize = 500;
/// A character has up to four bytes: fewer at a time might never come to the next.
const LEAST_BYTES: u64 = 4;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListWorkspaceRoots {}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnalyzeProject {
    /// Folder to analyze: a file: URI, an absolute path, or a path below a root. Everything that can be read when
    /// absent.
    #[schemars(length(min = 1, max = 4096))]
    pub(super) project_directory: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchWorkspace {
    /// What to look for, within one line.
    #[schemars(length(min = 1, max = 500))]
    query: String,
    /// Take the query for a regular expression (the syntax of Rust's `regex`); literal when absent. A line
    /// beyond 4096 bytes is searched in pieces, at whose ends `$` fits too.
    regex: Option<bool>,
    /// Tell upper and lower case apart; not when absent.
    case_sensitive: Option<bool>,
    /// Only files whose path fits, such as `src/**/*.rs`; without a `/`, whose name fits.
    #[schemars(length(min = 1, max = 256))]
    glob: Option<String>,
    /// Hits after which to stop; 100 when absent.
    #[schemars(range(min = 1, max = 500))]
    max_hits: Option<u32>,
    /// Folder to search: a file: URI, an absolute path, or a path below a root. Everything that can be read when
    /// absent.
    #[schemars(length(min = 1, max = 4096))]
    pub(super) project_directory: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadWorkspaceFile {
    /// The file, by the file: URI that another tool has named.
    #[schemars(length(min = 1, max = 4096))]
    pub(super) uri: String,
    /// First line, from 1. Not together with offset and length.
    #[schemars(range(min = 1, max = 100_000_000))]
    start_line: Option<u64>,
    /// Last line, included; as far as 64 KiB go when absent.
    #[schemars(range(min = 1, max = 100_000_000))]
    end_line: Option<u64>,
    /// First byte, from 0; the beginning when absent.
    #[schemars(range(min = 0, max = 1_000_000_000_000_u64))]
    offset: Option<u64>,
    /// Bytes to read; 65536 when absent. Characters that would be cut are left off.
    #[schemars(range(min = 4, max = 65_536))]
    length: Option<u64>,
}

impl AnalyzeProject {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        check_directory(self.project_directory.as_deref())
    }
}

impl SearchWorkspace {
    pub(super) fn query(&self) -> Result<Query, Refusal> {
        check_directory(self.project_directory.as_deref())?;
        within("the length of query", self.query.chars().count(), 1, 500)?;
        if self.query.contains(['\n', '\r']) {
            return Err(Refusal::argument("query has a line end", "look for one line at a time"));
        }
        if let Some(glob) = &self.glob {
            within("the length of glob", glob.chars().count(), 1, 256)?;
        }
        let most = within("max_hits", self.max_hits.map_or(HITS, |most| most as usize), 1, MAX_HITS)?;
        Ok(Query {
            text: self.query.clone(),
            is_regex: self.regex.unwrap_or(false),
            is_case_sensitive: self.case_sensitive.unwrap_or(false),
            glob: self.glob.clone(),
            most,
        })
    }
}

impl ReadWorkspaceFile {
    pub(super) fn part(&self) -> Result<Part, Refusal> {
        const LAST: u64 = 100_000_000;
        within("the length of uri in bytes", self.uri.len(), 1, MAX_BYTES)?;
        let (lines, bytes) = ((self.start_line, self.end_line), (self.offset, self.length));
        match (lines, bytes) {
            ((None, None), (offset, length)) => {
                let offset = within("offset", offset.unwrap_or(0), 0, 1_000_000_000_000)?;
                let most = MAX_TEXT as u64;
                Ok(Part::Bytes(offset, within("length", length.unwrap_or(most), LEAST_BYTES, most)?))
            }
            ((first, last), (None, None)) => {
                let first = within("start_line", first.unwrap_or(1), 1, LAST)?;
                Ok(Part::Lines(first, within("end_line", last.unwrap_or(LAST), first, LAST)?))
            }
            _ => Err(Refusal::argument(
                "both lines and bytes are asked for",
                "give start_line and end_line, or offset and length",
            )),
        }
    }
}

/// What names no folder anywhere is refused before the client is asked for its roots.
fn check_directory(directory: Option<&str>) -> Result<(), Refusal> {
    match directory.map(|directory| (directory, Directory::parse(directory))) {
        Some((directory, Err(error))) => Err(refused("project_directory is", directory, &error.into())),
        _ => Ok(()),
    }
}
