//! Lesson 5.11: search that is fresh and remembers.

pub mod article;
pub mod library;
pub mod pipeline;
pub mod privacy;
pub mod search;
pub mod session;
pub mod standing;
pub mod text;
