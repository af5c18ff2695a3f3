//! Lesson 5.2: images, audio, video frames and documents in and out of one protocol session.
//!
//! In reading order:
//!
//! * [`server`]: the MCP surface, one file for each family of tools. The numbers (1) to (4) there are the steps of the
//!   README's "How it works".
//! * [`source`]: where an input comes from; [`store`]: the shared context behind `media://`; [`limits`] and [`error`]:
//!   what is accepted, and how a refusal helps.
//! * [`work`] and [`watch`]: heavy computation beside the protocol, with progress and cancellation.
//! * [`analysis`], [`vision`], [`video`]: pictures in. [`imagegen`]: pictures out.
//! * [`hearing`], [`audio`]: sound in and out. [`text`], [`document`]: words in, pages out.
//! * [`engines`]: recognizers that run outside of this process, when they are there.
//! * [`settings`], [`demo`]: what an operator can set, and the guided tour.

pub mod analysis;
pub mod audio;
pub mod demo;
pub mod document;
pub mod engines;
pub mod error;
pub mod hearing;
pub mod imagegen;
pub mod limits;
pub mod server;
pub mod settings;
pub mod source;
pub mod store;
pub mod text;
pub mod video;
pub mod vision;
pub mod watch;
pub mod work;
