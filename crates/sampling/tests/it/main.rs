//! The lesson over the wire: the real binary, a real client, four legs.

mod agent;
mod client_model;
mod contract;
mod errors;
#[cfg(unix)]
mod host;
mod principals;
mod provider;
mod state;
mod tools;

use mcp_support::client::{structure, text};
use mcp_support::{
    client::Recorder,
    testing::{Leg, Program},
};
use rmcp::{RoleClient, service::RunningService};

/// The lesson's binary, which asks nobody but its embedded model.
fn embedded() -> Program {
    Program::new(env!("CARGO_BIN_EXE_mcp-sampling")).with_env("SAMPLING_BACKENDS", "embedded")
}

/// The lesson's binary, which asks its client and nobody else.
fn asking() -> Program {
    Program::new(env!("CARGO_BIN_EXE_mcp-sampling")).with_env("SAMPLING_BACKENDS", "client")
}

/// A client without a model, on one leg.
async fn plain(program: &Program, leg: Leg) -> anyhow::Result<RunningService<RoleClient, Recorder>> {
    program.client(leg, Recorder::default()).await
}
