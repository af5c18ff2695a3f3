//! Notes, each its owner's alone: what the tokens protect. No MCP and no OAuth here.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use rand::RngExt;
use rusqlite::{Connection, OptionalExtension, params};
use schemars::JsonSchema;
use serde::Serialize;

use mcp_support::private_file;

/// Longest title, in characters.
pub const MAX_TITLE_CHARS: usize = 80;
/// Longest text, in characters.
pub const MAX_TEXT_CHARS: usize = 4000;
/// Notes of one owner.
pub const MAX_NOTES: i64 = 100;
/// Notes of all owners.
const MAX_ALL_NOTES: i64 = 100_000;

/// A note as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Heading {
    /// Its id, for `read_note` and `delete_note`.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Note {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
}

/// Why there is no note. The hint says what would help.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// Not there, or somebody else's: both look the same.
    #[error("you have no note '{0}'; hint: list_notes shows the ids of your notes")]
    Unknown(String),
    /// A title or text that is empty or too long.
    #[error("the {what} has {found} characters; hint: write 1 to {most}")]
    Length {
        /// `title` or `text`.
        what: &'static str,
        /// How long it is.
        found: usize,
        /// How long it may be.
        most: usize,
    },
    /// No room.
    #[error("you have {MAX_NOTES} notes; hint: delete one with delete_note")]
    Full,
    /// Our fault.
    #[error("internal error; hint: try again, and tell the operator if it stays")]
    Database(#[from] rusqlite::Error),
}

/// All notes. A clone is cheap. Every method blocks.
#[derive(Clone)]
pub struct Notes(Arc<Mutex<Connection>>);

impl Notes {
    /// Notes in `folder`, or in memory.
    ///
    /// # Errors
    /// The database cannot be opened.
    pub fn open(folder: Option<&Path>) -> anyhow::Result<Self> {
        let connection = match folder {
            Some(folder) => Connection::open(private_file::make(folder, "notes.sqlite")?)?,
            None => Connection::open_in_memory()?,
        };
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS notes (
                id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL
             ) STRICT;
             CREATE INDEX IF NOT EXISTS notes_of_owner ON notes (owner);",
        )?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// The notes of `owner`, by title.
    ///
    /// # Errors
    /// The database fails.
    pub fn list(&self, owner: &str) -> Result<Vec<Heading>, NoteError> {
        let connection = self.lock();
        let sql = "SELECT id, title FROM notes WHERE owner = ?1 ORDER BY title, id";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([owner], |row| Ok(Heading { id: row.get(0)?, title: row.get(1)? }))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// One note of `owner`.
    ///
    /// # Errors
    /// There is none with this id.
    pub fn read(&self, owner: &str, id: &str) -> Result<Note, NoteError> {
        let sql = "SELECT id, title, text FROM notes WHERE owner = ?1 AND id = ?2";
        let row = |row: &rusqlite::Row<'_>| Ok(Note { id: row.get(0)?, title: row.get(1)?, text: row.get(2)? });
        self.lock().query_row(sql, params![owner, id], row).optional()?.ok_or_else(|| unknown(id))
    }

    /// Writes a note for `owner`.
    ///
    /// # Errors
    /// Something is empty or too long, or there is no room.
    pub fn create(&self, owner: &str, title: &str, text: &str) -> Result<Note, NoteError> {
        for (what, value, most) in [("title", title, MAX_TITLE_CHARS), ("text", text, MAX_TEXT_CHARS)] {
            let found = value.chars().count();
            if value.trim().is_empty() || found > most {
                return Err(NoteError::Length { what, found, most });
            }
        }
        let random: [u8; 9] = rand::rng().random();
        let note = Note { id: BASE64URL.encode(random), title: title.trim().to_owned(), text: text.to_owned() };
        let sql = "INSERT INTO notes (id, owner, title, text) SELECT ?1, ?2, ?3, ?4
                   WHERE (SELECT count(*) FROM notes WHERE owner = ?2) < ?5 AND (SELECT count(*) FROM notes) < ?6";
        let written =
            self.lock().execute(sql, params![note.id, owner, note.title, note.text, MAX_NOTES, MAX_ALL_NOTES])?;
        if written == 0 { Err(NoteError::Full) } else { Ok(note) }
    }

    /// Deletes a note of `owner`.
    ///
    /// # Errors
    /// There is none with this id.
    pub fn delete(&self, owner: &str, id: &str) -> Result<(), NoteError> {
        let deleted = self.lock().execute("DELETE FROM notes WHERE owner = ?1 AND id = ?2", params![owner, id])?;
        if deleted == 0 { Err(unknown(id)) } else { Ok(()) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unknown(id: &str) -> NoteError {
    NoteError::Unknown(id.chars().filter(|letter| !letter.is_control()).take(40).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_owner_has_their_own() {
        let notes = Notes::open(None).expect("a database");
        let note = notes.create("ada", " Engine ", "Weaves patterns.").expect("written");
        assert_eq!(notes.read("ada", &note.id).expect("read").title, "Engine");
        assert!(matches!(notes.read("grace", &note.id), Err(NoteError::Unknown(_))));
        assert!(matches!(notes.delete("grace", &note.id), Err(NoteError::Unknown(_))));
        assert!(notes.list("grace").expect("a list").is_empty());
        assert_eq!(notes.list("ada").expect("a list").len(), 1);
        notes.delete("ada", &note.id).expect("deleted");
        assert!(matches!(notes.read("ada", &note.id), Err(NoteError::Unknown(_))));
    }

    #[test]
    fn everything_is_bounded() {
        let notes = Notes::open(None).expect("a database");
        let long = "x".repeat(MAX_TEXT_CHARS + 1);
        for (title, text) in [("", "x"), (" ", "x"), ("x", ""), ("x", long.as_str()), (&long[..81], "x")] {
            assert!(
                matches!(notes.create("ada", title, text), Err(NoteError::Length { .. })),
                "{title} {}",
                text.len()
            );
        }
        for _ in 0..MAX_NOTES {
            notes.create("ada", "x", "y").expect("room");
        }
        assert!(matches!(notes.create("ada", "x", "y"), Err(NoteError::Full)));
        assert!(notes.create("grace", "x", "y").is_ok());
    }
}
