//! Processes of a cluster end with the one that has started them, however that ends: nobody else would stop them.

use std::{path::Path, time::Duration};

use mcp_support::client::HttpServer;

/// How often a process looks whether the one that has started it is still there.
const LOOK: Duration = Duration::from_millis(250);

/// Starts `program COMMAND --bind BIND` with flags and variables, as a process that ends with this one.
pub(crate) async fn start(
    program: &Path,
    command: &str,
    bind: &str,
    flags: &[&str],
    variables: &[(String, String)],
) -> anyhow::Result<HttpServer> {
    let this = std::process::id().to_string();
    HttpServer::start_on(program, command, bind, &[flags, &["--parent", &this]].concat(), variables).await
}

/// Completes, with an error that says so, when `parent` is not this process's parent any more; never where there is none.
///
/// # Errors
/// Always.
pub async fn gone(parent: Option<u32>) -> anyhow::Result<()> {
    let Some(parent) = parent else { return std::future::pending().await };
    // One whose parent has ended has another at once, so that a number that is given out again misleads nobody.
    while is_parent(parent) {
        tokio::time::sleep(LOOK).await;
    }
    anyhow::bail!("the process that has started this one is gone")
}

#[cfg(unix)]
fn is_parent(id: u32) -> bool {
    std::os::unix::process::parent_id() == id
}

/// Elsewhere nobody knows.
#[cfg(not(unix))]
fn is_parent(_: u32) -> bool {
    true
}
