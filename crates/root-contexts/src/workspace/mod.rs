//! Which files may be read, and what can be said about them.
//!
//! In reading order:
//!
//! * [`uri`]: what a `file:` URI says, and what it must not say.
//! * [`folders`]: what the operator allows. [`scope`]: the part of it that the client's roots leave.
//! * [`open`]: nothing outside is opened, whatever is swapped meanwhile.
//! * [`walk`] through a scope, in the slices of a [`sweep`], with [`analyze`] and [`search`] as its visitors; [`read`] for one file.
//! * [`complete`] for the resource template, [`sample`] for whoever has not named a folder.

pub mod analyze;
pub mod complete;
pub mod folders;
mod ignored;
mod languages;
pub mod open;
pub mod read;
pub mod sample;
pub mod scope;
pub mod search;
pub mod sweep;
pub mod uri;
pub mod walk;

#[cfg(test)]
mod tests;
