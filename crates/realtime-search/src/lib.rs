//! Lesson 5.11: search that is fresh and remembers.

pub mod article;
pub mod bench;
pub mod corpus;
pub mod dispatch;
pub mod engine;
pub mod evaluate;
pub mod feed;
pub mod library;
pub mod pipeline;
pub mod privacy;
pub mod search;
pub mod session;
pub mod settings;
pub mod standing;
pub mod text;
