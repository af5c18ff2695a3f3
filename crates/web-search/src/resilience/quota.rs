//! What may be asked of a provider in a month, and what has been.
//!
//! The count is the length of a file, one byte for each request: processes that share the folder count together, since
//! appending is atomic, and a restart forgets nothing.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use mcp_support::{clock::Clock, private_file, search::clean};

/// The requests of this month, and their limit.
#[derive(Debug, Clone)]
pub struct Ledger {
    folder: PathBuf,
    provider: &'static str,
    limit: u64,
    clock: Clock,
}

/// What a ledger says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Requests of this month.
    pub used: u64,
    /// How many there may be.
    pub limit: u64,
}

impl Ledger {
    /// In a folder that this user alone may read. Blocks.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn open(folder: &Path, provider: &'static str, limit: u64, clock: Clock) -> io::Result<Self> {
        private_file::make_folder(folder)?;
        let ledger = Self { folder: folder.to_owned(), provider, limit, clock };
        ledger.remove_earlier_months()?;
        Ok(ledger)
    }

    /// Counts one more request, if there may be one. Blocks.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn take(&self) -> io::Result<bool> {
        let mut file = OpenOptions::new().create(true).append(true).open(self.file())?;
        if file.metadata()?.len() >= self.limit {
            return Ok(false);
        }
        file.write_all(b".")?;
        // Of processes that ask at the same moment, one finds more than it may.
        Ok(file.metadata()?.len() <= self.limit)
    }

    /// What has been asked. Blocks.
    pub fn count(&self) -> Count {
        Count { used: fs::metadata(self.file()).map_or(0, |file| file.len()), limit: self.limit }
    }

    /// How many requests there may be in a month.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    fn file(&self) -> PathBuf {
        self.folder.join(self.name())
    }

    fn name(&self) -> String {
        let now = clean::rfc3339(self.clock.now()).unwrap_or_default();
        format!("{}-{}", self.provider, now.get(..7).unwrap_or("unknown"))
    }

    fn remove_earlier_months(&self) -> io::Result<()> {
        let (prefix, this_month) = (format!("{}-", self.provider), self.name());
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            if name.to_str().is_some_and(|name| name.starts_with(&prefix) && *name < *this_month) {
                fs::remove_file(self.folder.join(name))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_an_end_and_the_next_begins_at_zero() {
        let folder = tempfile::tempdir().expect("a folder");
        // 2026-11-30T23:59:59Z
        let clock = Clock::standing_at(1_796_083_199);
        let open = || Ledger::open(folder.path(), "serpapi", 3, clock.clone()).expect("a ledger");
        let (one, other) = (open(), open());
        assert!(one.take().expect("taken") && other.take().expect("taken") && one.take().expect("taken"));
        assert!(!other.take().expect("asked"), "two processes count together");
        assert_eq!(open().count(), Count { used: 3, limit: 3 }, "and a restart forgets nothing");
        clock.advance(1);
        assert_eq!(open().count(), Count { used: 0, limit: 3 });
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "last month's file is gone");
        assert!(one.take().expect("taken"));
    }
}
