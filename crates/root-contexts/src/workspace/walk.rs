//! A walk through the folders of a scope: in order, without symbolic links, and with a bound on everything.

use std::{
    collections::VecDeque,
    io::Read,
    time::{Duration, Instant},
};

use cap_std::fs::{Dir, File};
use ignore::gitignore::Gitignore;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    ignored, open,
    scope::{Area, Scope},
    uri::{self, check_name},
};

/// How far a walk goes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Files that are looked at.
    pub files: usize,
    /// Entries of folders that are listed, ignored ones too.
    pub entries: usize,
    /// Folders inside of each other.
    pub depth: usize,
    /// Largest file whose content is read, in bytes.
    pub file_bytes: u64,
    /// From the first file to the last.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { files: 20_000, entries: 200_000, depth: 32, file_bytes: 1024 * 1024, time: Duration::from_secs(20) }
    }
}

/// Why a walk ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// The largest number of files has been looked at.
    Files,
    /// The folders have more entries than are listed.
    Entries,
    /// Time is up.
    Time,
    /// Enough has been found.
    Enough,
}

/// What was not looked into, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Skipped {
    /// Entries that a `.gitignore` names, and `.git` folders.
    pub ignored: usize,
    /// Symbolic links: none is followed.
    pub links: usize,
    /// Pipes, sockets and devices.
    pub special: usize,
    /// Folders too deep inside of others.
    pub deep: usize,
    /// What may not be read, or has a name that no URI can say.
    pub unreadable: usize,
    /// Files that are no text.
    pub binary: usize,
    /// Text that is too long.
    pub large: usize,
}

/// A file on the way.
pub struct Entry {
    /// Its URI.
    pub uri: String,
    /// Its path below the folder that the walk began with, with `/`.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    file: File,
}

/// What is in a file.
pub enum Content {
    /// Text; bytes that are no UTF-8 have become U+FFFD.
    Text(String),
    /// No text: there is a NUL near its beginning, which is how git tells.
    Binary,
    /// More than is read.
    Large,
}

/// One folder on the way down.
struct Level {
    dir: Dir,
    /// Its own name; empty at the top.
    name: Option<String>,
    ignored: Gitignore,
    /// Names that are still to come, with whether each is a folder.
    left: VecDeque<(String, bool)>,
}

/// The walk. Blocks while it is asked for the next file.
pub struct Walk {
    areas: VecDeque<Area>,
    base: String,
    levels: Vec<Level>,
    limits: Limits,
    began: Instant,
    entries: usize,
    /// Files so far.
    pub files: usize,
    /// What was not looked into.
    pub skipped: Skipped,
    /// Set when there is more than was seen.
    pub stopped: Option<Stopped>,
}

impl Walk {
    /// A walk through all folders of a scope, one after the other.
    pub fn new(scope: Scope, limits: Limits) -> Self {
        Self {
            areas: scope.areas.into(),
            base: String::new(),
            levels: Vec::new(),
            limits,
            began: Instant::now(),
            entries: 0,
            files: 0,
            skipped: Skipped::default(),
            stopped: None,
        }
    }

    /// The next file, or nothing when the walk is over.
    pub fn next_file(&mut self) -> Option<Entry> {
        loop {
            if self.is_late() || matches!(self.stopped, Some(Stopped::Enough | Stopped::Files)) {
                return None;
            }
            let Some(level) = self.levels.last_mut() else {
                let area = self.areas.pop_front()?;
                self.base = area.base;
                self.enter(area.dir, None);
                continue;
            };
            let Some((name, is_dir)) = level.left.pop_front() else {
                self.levels.pop();
                continue;
            };
            if let Some(entry) = self.look(name, is_dir) {
                return Some(entry);
            }
        }
    }

    /// Whether time is up.
    pub(super) fn is_late(&mut self) -> bool {
        let is_late = self.began.elapsed() > self.limits.time;
        if is_late {
            self.stopped.get_or_insert(Stopped::Time);
        }
        is_late
    }

    /// Reads a file as far as the limits go.
    pub fn content(&mut self, entry: &mut Entry) -> Content {
        let mut bytes = Vec::new();
        let read = (&mut entry.file).take(self.limits.file_bytes + 1).read_to_end(&mut bytes);
        if read.is_err() {
            self.skipped.unreadable += 1;
            return Content::Binary;
        }
        if bytes.iter().take(8000).any(|byte| *byte == 0) {
            self.skipped.binary += 1;
            return Content::Binary;
        }
        if bytes.len() as u64 > self.limits.file_bytes {
            self.skipped.large += 1;
            return Content::Large;
        }
        Content::Text(
            String::from_utf8(bytes).unwrap_or_else(|odd| String::from_utf8_lossy(odd.as_bytes()).into_owned()),
        )
    }

    /// What an entry is: a file to return, a folder to enter, or nothing.
    fn look(&mut self, name: String, is_dir: bool) -> Option<Entry> {
        let above = self.levels.iter().filter_map(|level| level.name.clone());
        let names: Vec<String> = above.chain([name.clone()]).collect();
        if name == ".git" || ignored::is_ignored(self.levels.iter().map(|level| &level.ignored), &names, is_dir) {
            self.skipped.ignored += 1;
            return None;
        }
        let level = self.levels.last()?;
        if is_dir {
            if self.levels.len() >= self.limits.depth {
                self.skipped.deep += 1;
            } else {
                match open::subfolder(&level.dir, &name) {
                    Ok(dir) => self.enter(dir, Some(name)),
                    Err(_) => self.skipped.unreadable += 1,
                }
            }
            return None;
        }
        let opened = open::entry(&level.dir, &name).ok();
        let Some((bytes, file)) = opened.and_then(|file| Some((file.metadata().ok()?.len(), file))) else {
            self.skipped.unreadable += 1;
            return None;
        };
        if self.files == self.limits.files {
            self.stopped = Some(Stopped::Files);
            return None;
        }
        self.files += 1;
        Some(Entry { uri: uri::extend(&self.base, &names), path: names.join("/"), bytes, file })
    }

    /// Lists a folder, in the order of its names.
    fn enter(&mut self, dir: Dir, name: Option<String>) {
        let mut left = Vec::new();
        let Ok(entries) = dir.entries() else {
            self.skipped.unreadable += 1;
            return;
        };
        for entry in entries {
            if self.entries == self.limits.entries {
                self.stopped.get_or_insert(Stopped::Entries);
                break;
            }
            self.entries += 1;
            let Ok(entry) = entry else { continue };
            let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else {
                self.skipped.unreadable += 1;
                continue;
            };
            if kind.is_symlink() {
                self.skipped.links += 1;
            } else if !kind.is_dir() && !kind.is_file() {
                self.skipped.special += 1;
            } else if check_name(&name).is_err() {
                self.skipped.unreadable += 1;
            } else {
                left.push((name, kind.is_dir()));
            }
        }
        left.sort();
        let ignored = ignored::of_folder(&dir);
        self.levels.push(Level { dir, name, ignored, left: left.into() });
    }
}
