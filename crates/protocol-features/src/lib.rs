//! Lesson 5.16: every feature of the protocol once, done right, in both revisions.
//!
//! In reading order:
//!
//! * [`server`]: the MCP surface, one file for each family of features. The numbers (1) to (10) there are the steps of the
//!   README's "How it works".
//! * [`files`], [`digest`], [`batch`], [`search`], [`downloads`], [`facts`]: long work, and what it works on.
//! * [`database`]: SQLite that can be read and not changed. [`error`]: refusals that help.
//! * [`redact`], [`log_limit`]: what a log message must not show, and how many there may be.
//! * [`accounts`], [`pages`]: a person approves on a web page. [`tasks`], [`report`]: work that outlasts its process.
//! * [`uri_template`], [`weather`], [`issues`], [`upstream`]: what resources are made of. [`chart`]: a picture for a prompt.
//! * [`features`]: what can be switched while the server runs.
//! * [`settings`], [`demo`]: what an operator can set, and the guided tour.
//! * [`conformance`]: what the official conformance suite calls by name, and nothing else does.

pub mod accounts;
pub mod batch;
pub mod chart;
pub mod conformance;
pub mod database;
pub mod demo;
pub mod digest;
pub mod downloads;
pub mod error;
pub mod facts;
pub mod features;
pub mod files;
pub mod issues;
pub mod log_limit;
pub mod pages;
pub mod redact;
pub mod report;
pub mod search;
pub mod server;
pub mod settings;
pub mod tasks;
pub mod upstream;
pub mod uri_template;
pub mod weather;
