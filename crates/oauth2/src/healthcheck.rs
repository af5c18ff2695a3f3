//! Whether the server in this container is well, for a container runtime: the image holds no `curl`, and needs none.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use clap::Args;
use mcp_support::fetch::service::read_at_most;

/// Shorter than the runtime's own patience, so that a failure has its reason.
const TIME: Duration = Duration::from_secs(3);
const MAX_BYTES: usize = 1024;

/// Flags of the check.
#[derive(Debug, Clone, Args)]
pub struct HealthcheckArgs {
    /// Address that the server listens on
    #[arg(long, env = "MCP_BIND", default_value = "127.0.0.1:8000", value_name = "ADDRESS:PORT")]
    bind: SocketAddr,
}

/// Asks the server's `/healthz`.
///
/// # Errors
/// It does not answer in time, or not with what a healthy one says.
pub async fn run(args: &HealthcheckArgs) -> anyhow::Result<()> {
    let address = reachable(args.bind);
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(TIME);
    let asking = client.build()?.get(format!("http://{address}/healthz")).send();
    let mut answer = asking.await.with_context(|| format!("no answer from {address}"))?;
    let body = read_at_most(&mut answer, MAX_BYTES).await?;
    let is_well = answer.status().is_success() && body.as_deref() == Some(b"ok\n");
    ensure!(is_well, "{address} answers {}, and not as this server does", answer.status());
    Ok(())
}

/// A server that listens on every address is reached on this machine's own.
fn reachable(bind: SocketAddr) -> SocketAddr {
    let ip = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bind.port())
}

#[cfg(test)]
mod tests {
    use super::reachable;

    #[test]
    fn addresses() {
        for (bind, expected) in [
            ("0.0.0.0:8000", "127.0.0.1:8000"),
            ("[::]:1", "[::1]:1"),
            ("127.0.0.1:8081", "127.0.0.1:8081"),
            ("192.0.2.1:80", "192.0.2.1:80"),
        ] {
            assert_eq!(reachable(bind.parse().expect(bind)).to_string(), expected);
        }
    }
}
