//! Lesson 5.9, Web search: four searches and more over outside services that fail, and a client in two modes.
//!
//! In reading order:
//!
//! * [`server`]: the MCP surface. The numbers (1) to (8) are the steps of the README's "How it works".
//! * [`resilience`]: one question over several providers, with retries, breakers, quotas and kept answers.
//! * [`providers`], [`settings`]: who is asked, and what an operator can set.
//! * [`embedded`]: the provider that needs no network, over a bundled collection; [`evaluate`], how good it is.
//! * [`answer`], [`compare`], [`page`]: an answer to a question, products side by side, a page's readable text.
//! * [`history`]: what each caller has found lately.
//! * [`client`]: a demonstration that asserts, a menu, or JSON.
//! * [`demo`]: the tour, with an outage.

pub mod answer;
pub mod client;
pub mod compare;
pub mod demo;
pub mod embedded;
pub mod evaluate;
pub mod history;
pub mod page;
pub mod providers;
pub mod resilience;
pub mod server;
pub mod settings;
