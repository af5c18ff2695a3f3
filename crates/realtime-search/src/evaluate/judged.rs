//! The judged set: people, what they know and prefer, what they ask, and what they want to find.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Deserialize;

use crate::pipeline::{normalize, plan::Period};

const JUDGED: &str = include_str!("../../corpus/judged.toml");

/// A part of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Weights are found on it.
    Tuning,
    /// It shows what they are worth.
    HeldOut,
}

/// The set.
#[derive(Debug)]
pub struct Judged {
    /// When it was judged, in seconds since 1970.
    pub now: i64,
    /// The people.
    pub sessions: Vec<JudgedSession>,
}

/// One person.
#[derive(Debug, Deserialize)]
pub struct JudgedSession {
    held_out: bool,
    /// What is known of them.
    pub(super) context: Known,
    /// What they ask, in order.
    #[serde(rename = "query")]
    pub queries: Vec<JudgedQuery>,
}

/// What is known of a person.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Known {
    pub(super) history: Vec<String>,
    pub(super) clicked: Vec<String>,
    pub(super) topics: Vec<String>,
    pub(super) sources: Vec<String>,
    pub(super) languages: Vec<String>,
    pub(super) region: String,
    pub(super) domain: String,
    pub(super) time_period: Period,
}

/// What they ask.
#[derive(Debug, Deserialize)]
pub struct JudgedQuery {
    /// Its id.
    pub id: String,
    /// The words.
    pub text: String,
    /// What is hard about it.
    pub kind: String,
    /// Whether it means something else to somebody else.
    pub needs_context: bool,
    /// What each article is worth to this person, from 0 to 3.
    pub grades: BTreeMap<String, u8>,
}

impl JudgedSession {
    /// Which part of the set this is.
    pub fn part(&self) -> Part {
        if self.held_out { Part::HeldOut } else { Part::Tuning }
    }
}

impl Judged {
    /// Reads the set that comes with the lesson.
    ///
    /// # Errors
    /// It is malformed.
    pub fn read() -> anyhow::Result<Self> {
        #[derive(Deserialize)]
        struct File {
            now: String,
            session: Vec<JudgedSession>,
        }
        let file: File = toml::from_str(JUDGED).context("reading judged.toml")?;
        let now = normalize::seconds(&file.now).context("judged.toml says no time")?;
        Ok(Self { now, sessions: file.session })
    }
}
