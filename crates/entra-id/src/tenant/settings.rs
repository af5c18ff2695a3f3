//! What can be set about the stand-in.

use std::{net::SocketAddr, path::PathBuf};

use mcp_support::clock::Clock;
use secrecy::SecretString;

use super::{Certificate, Federated, random};

/// Settings of a stand-in. [`TenantSettings::default`] is one on a free port of loopback, with random secrets.
#[derive(Debug, Clone)]
pub struct TenantSettings {
    /// Where to listen; port 0 takes a free one.
    pub bind: SocketAddr,
    /// How clients write its host, where that is not the address: a name that the certificate has.
    pub host: Option<String>,
    /// The URLs of MCP servers, each an App ID URI of [`SERVER_APP`](super::known::SERVER_APP).
    pub server_urls: Vec<String>,
    /// Redirect URIs of [`HOST_APP`](super::known::HOST_APP), besides `http://localhost` and `http://127.0.0.1` without a
    /// path and with `/callback`; the port of loopback addresses does not count.
    pub redirect_uris: Vec<String>,
    /// The form of the access tokens for the MCP server: 1 or 2.
    pub server_token_version: u8,
    /// The password of everybody.
    pub password: SecretString,
    /// The secret of [`SERVER_APP`](super::known::SERVER_APP).
    pub server_secret: SecretString,
    /// Its certificates.
    pub server_certificates: Vec<Certificate>,
    /// The issuers whose tokens stand for it: workload identity federation.
    pub server_federated: Vec<Federated>,
    /// The secret of [`DAEMON_APP`](super::known::DAEMON_APP).
    pub daemon_secret: SecretString,
    /// What an administrator has allowed [`SERVER_APP`](super::known::SERVER_APP) to do with Graph for everybody. What
    /// is not in here, each person is asked for.
    pub admin_consent: Vec<String>,
    /// Seconds that access tokens live.
    pub access_seconds: i64,
    /// Seconds between two questions of a client that waits for a device code to be answered.
    pub device_interval: u32,
    /// Requests to Graph that each app may send in ten seconds.
    pub graph_requests: u32,
    /// Answer over https, with this certificate.
    pub tls: Option<Tls>,
    /// Serve the controls, by which a test makes things go wrong.
    pub controls: bool,
    /// The time.
    pub clock: Clock,
}

/// A certificate with its chain, and its key, as PEM files.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The certificate, and those between it and the root.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            bind: ([127, 0, 0, 1], 0).into(),
            host: None,
            server_urls: vec!["http://127.0.0.1:8000/mcp".to_owned()],
            redirect_uris: Vec::new(),
            server_token_version: 2,
            password: random::secret().into(),
            server_secret: random::secret().into(),
            server_certificates: Vec::new(),
            server_federated: Vec::new(),
            daemon_secret: random::secret().into(),
            admin_consent: ["User.Read", "User.Read.All", "Mail.Read"].map(str::to_owned).to_vec(),
            access_seconds: 3600,
            device_interval: 5,
            graph_requests: 200,
            tls: None,
            controls: false,
            clock: Clock::default(),
        }
    }
}
