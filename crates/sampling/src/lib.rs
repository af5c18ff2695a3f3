//! Lesson 5.6, Sampling: a server that needs a model, and three ways to one.
//!
//! In reading order:
//!
//! * [`completer`]: one trait; the client's model (sampling, deprecated), a provider's, the embedded one.
//! * [`task`], [`embedded`]: what an answer is for, and how a model that cannot write essays gives one.
//! * [`ask_for`], [`checked`]: what a model is asked, and whether its answer may be used.
//! * [`parameters`]: from what people want to what a model takes: presets, detection, feedback.
//! * [`agent`]: a tool loop that is always balanced.
//! * [`limits`]: what one caller may use up.
//! * [`server`]: the MCP surface.
//! * [`host`]: the client's half: approval, editing, redaction, budgets, an audit trail.
//! * [`demo`]: the tour.

pub mod agent;
pub mod ask_for;
pub mod bench;
pub mod checked;
pub mod completer;
pub mod demo;
pub mod embedded;
pub mod error;
pub mod host;
pub mod limits;
pub mod parameters;
pub mod server;
pub mod settings;
pub mod task;
