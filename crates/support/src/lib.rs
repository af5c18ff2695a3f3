//! What every lesson's server needs and no lesson teaches: a command line, two transports, hardening, shutdown, and one
//! way to talk to clients of both protocol revisions.
//!
//! In reading order:
//!
//! * [`cli`]: `demo`, `stdio` and `http`, and what becomes of errors and exit codes.
//! * [`serve`]: the server on stdin/stdout and on Streamable HTTP, with limits and a two-phase shutdown.
//! * [`harden`]: the wrapper around a handler that closes the SDK's traps.
//! * [`revision`]: which revision does this request speak?
//! * [`schema`]: tool schemas that strict clients accept.
//! * [`refusal`]: what tools and resources answer, and what they say when they cannot.
//! * [`progress`], [`client_log`], [`ask`], [`changes`]: the four ways to talk to a client during and between calls.
//! * [`client`], [`demo`]: a client on every leg, and the narrator of a tour.
//! * [`auth`] (feature): an OAuth 2.1 resource server around the endpoint.
//! * [`fetch`] (feature): HTTP GET that cannot be led to a private address.
//! * [`llm`] (feature): chat with a model, a provider's or an embedded one.
//! * [`load`] (feature): calls that are sent again and again, for benchmarks.
//! * [`markup`] (feature): HTML of strangers, which is read no further than a bound allows.
//! * [`search`] (feature): a full-text index, and clients of services that search the web.
//! * [`visible`] (feature): text of strangers on a terminal.
//! * [`web`] (feature): forms and pages for people, and a browser without a window.
//! * [`testing`] (feature): the real binary, four legs, raw JSON-RPC, snapshots.
//! * [`telemetry`], [`shutdown`]: logs on stderr, spans to a collector, one future for SIGINT and SIGTERM.
//! * [`clock`], [`private_file`]: the time, which tests set; files that only the server's own user may read.
//! * `memory`: the allocator, which gives back what a burst has needed.

pub mod ask;
#[cfg(feature = "auth")]
pub mod auth;
pub mod changes;
pub mod cli;
pub mod client;
pub mod client_log;
pub mod clock;
pub mod demo;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod harden;
#[cfg(feature = "llm")]
pub mod llm;
#[cfg(feature = "load")]
pub mod load;
#[cfg(feature = "markup")]
pub mod markup;
mod memory;
pub mod private_file;
pub mod progress;
pub mod refusal;
pub mod revision;
pub mod schema;
#[cfg(feature = "search")]
pub mod search;
pub mod serve;
pub mod shutdown;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "visible")]
pub mod visible;
#[cfg(feature = "web")]
pub mod web;
