//! What a context is made of, as callers see it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
    /// Whoever set the conversation up; also the server, where it has condensed messages.
    System,
    /// A tool that was called.
    Tool,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::User, Self::Assistant, Self::System, Self::Tool];

    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::System => "system",
            Self::Tool => "tool",
        }
    }

    /// From what is stored.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What somebody may do with a context. Each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Access {
    /// Read.
    Reader,
    /// Read, append, change metadata, archive and restore.
    Writer,
    /// Everything: also share, delete and see secret metadata.
    Owner,
}

impl Access {
    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Writer => "writer",
            Self::Owner => "owner",
        }
    }

    /// From what is stored.
    pub fn of(name: &str) -> Option<Self> {
        [Self::Reader, Self::Writer, Self::Owner].into_iter().find(|access| access.name() == name)
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether a context can be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum State {
    /// It can be read and written.
    Active,
    /// It can be read; restoring it makes it active again.
    Archived,
}

/// A context, without what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ContextInfo {
    /// Its handle: 32 hexadecimal digits.
    pub context_id: String,
    /// What it is called.
    pub name: String,
    /// Whose it is.
    pub owner: String,
    /// What the caller may do with it.
    pub access: Access,
    /// Whether it can be written to.
    pub state: State,
    /// Version of its metadata, from 1; each change adds one.
    pub version: u32,
    /// When it was made (RFC 3339).
    pub created_at: String,
    /// When it was last changed (RFC 3339).
    pub last_used_at: String,
    /// When it was archived (RFC 3339); null while it is active.
    pub archived_at: Option<String>,
    /// Messages that are kept now.
    pub messages: u32,
    /// Size of their text, in bytes.
    pub bytes: u32,
    /// Position that the next message will have.
    pub next_position: u32,
    /// Messages beyond this number let the server condense the older ones.
    pub compact_after: u32,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Message {
    /// Its place in the conversation, from 1. Never given twice.
    pub position: u32,
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
    /// When it was appended (RFC 3339).
    pub added_at: String,
    /// Who appended it.
    pub added_by: String,
    /// What it stands for, where the server has condensed messages into this one.
    pub covers: Option<Covers>,
}

/// The messages that a condensed one stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Covers {
    /// Position of the first.
    pub first_position: u32,
    /// Position of the last.
    pub last_position: u32,
    /// How many there were.
    pub messages: u32,
    /// Size of their text, in bytes.
    pub bytes: u32,
}

/// A moment in milliseconds since 1970, as RFC 3339.
pub fn timestamp(millis: i64) -> String {
    chrono::DateTime::from_timestamp_millis(millis)
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
