//! The command `tenant`: the stand-in as a program of its own.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use mcp_support::{cli::UsageError, shutdown};
use secrecy::ExposeSecret;

use super::{Certificate, Federated, StandInSecrets, Tenant, TenantSettings, Tls, known};

/// Flags of the stand-in.
#[derive(Debug, Clone, Args)]
pub struct TenantArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "ENTRA_STAND_IN_BIND", default_value = "127.0.0.1:8400", value_name = "ADDRESS:PORT")]
    pub bind: SocketAddr,

    /// Host name of the stand-in in URLs, such as one that the certificate has; without it, the address
    #[arg(long, env = "ENTRA_STAND_IN_HOST", value_name = "HOST", value_parser = mcp_support::cli::parse_host)]
    pub host: Option<String>,

    /// URL of an MCP server that tokens are issued for (repeatable)
    #[arg(
        long = "server-url",
        env = "ENTRA_STAND_IN_SERVER_URLS",
        value_delimiter = ',',
        value_name = "URL",
        default_value = "http://127.0.0.1:8000/mcp"
    )]
    pub server_urls: Vec<String>,

    /// Redirect URI of the MCP host's app, besides those on loopback without a path and with `/callback` (repeatable)
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub redirect_uris: Vec<String>,

    /// Form of the access tokens for the MCP server
    #[arg(long, default_value_t = 2, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub token_version: u8,

    /// Certificate (PEM) with which the MCP server may sign instead of sending its secret
    #[arg(long, value_name = "FILE")]
    pub server_certificate: Option<PathBuf>,

    /// Issuer whose tokens stand for the MCP server: workload identity federation
    #[arg(long, value_name = "URL", requires_all = ["federated_subject", "federated_jwks"])]
    pub federated_issuer: Option<String>,

    /// Subject of those tokens
    #[arg(long, value_name = "SUBJECT", requires = "federated_issuer")]
    pub federated_subject: Option<String>,

    /// File with the public keys (JWK set) of that issuer
    #[arg(long, value_name = "FILE", requires = "federated_issuer")]
    pub federated_jwks: Option<PathBuf>,

    /// What it asks people and apps for
    #[command(flatten)]
    pub secrets: StandInSecrets,

    /// Seconds between two questions of a client that waits for a device code
    #[arg(long, default_value_t = 5, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=60))]
    pub device_interval: u32,

    /// Answer over https: the certificate with its chain (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Serve the controls by which tests make things go wrong, and print their key
    #[arg(long)]
    pub controls: bool,
}

/// Serves until a signal comes.
///
/// # Errors
/// The address is taken, or a flag cannot be used.
pub async fn run(args: TenantArgs) -> anyhow::Result<()> {
    let made_up = (args.secrets.password.is_none(), args.secrets.secret.is_none());
    let bind = args.bind;
    let settings = tokio::task::spawn_blocking(move || settings(args)).await??;
    let server_urls = settings.server_urls.clone();
    let tenant = Tenant::start(settings).await?;
    eprintln!("{}", told(&tenant, &server_urls, made_up));
    let stop = shutdown::signal();
    eprintln!("listening on {}", tenant.authority().as_str().trim_end_matches('/'));
    tracing::debug!(%bind, "the stand-in runs");
    stop.await?;
    Ok(())
}

fn settings(args: TenantArgs) -> anyhow::Result<TenantSettings> {
    let read = |path: &PathBuf| {
        std::fs::read(path).map_err(|error| UsageError(format!("cannot read {}: {error}", path.display())))
    };
    for url in &args.server_urls {
        let parsed = url::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        if parsed.is_none_or(|parsed| parsed.query().is_some() || parsed.fragment().is_some()) {
            return Err(UsageError(format!("'{url}' is no URL of an MCP server")).into());
        }
    }
    let certificate = args.server_certificate.as_ref().map(|path| -> anyhow::Result<Certificate> {
        let certificate = Certificate::from_pem(&read(path)?);
        Ok(certificate.map_err(|error| UsageError(format!("{} is no certificate: {error}", path.display())))?)
    });
    let federated = match (args.federated_issuer, args.federated_subject, args.federated_jwks) {
        (Some(issuer), Some(subject), Some(path)) => {
            let jwks = serde_json::from_slice(&read(&path)?);
            let jwks = jwks.map_err(|error| UsageError(format!("{} is no JWK set: {error}", path.display())))?;
            vec![Federated { issuer, subject, jwks }]
        }
        _ => Vec::new(),
    };
    Ok(TenantSettings {
        bind: args.bind,
        host: args.host,
        server_urls: args.server_urls,
        redirect_uris: args.redirect_uris,
        server_token_version: args.token_version,
        server_certificates: certificate.transpose()?.into_iter().collect(),
        server_federated: federated,
        device_interval: args.device_interval,
        tls: args.tls_cert.zip(args.tls_key).map(|(certificate, key)| Tls { certificate, key }),
        controls: args.controls,
        ..args.secrets.settings()?
    })
}

/// What the operator needs. What was made up is written once, to the operator's terminal, and nowhere else.
fn told(tenant: &Tenant, server_urls: &[String], (password, secret): (bool, bool)) -> String {
    let authority = tenant.authority().as_str().trim_end_matches('/');
    let mut lines = vec![
        "stand-in for Microsoft Entra ID and Microsoft Graph: for trying out and tests".to_owned(),
        format!("ENTRA_AUTHORITY={authority}"),
        format!("ENTRA_TENANT_ID={}", known::TENANT_ID),
        format!("GRAPH_BASE_URL={}", tenant.graph_url()),
        format!("ENTRA_CLIENT_ID={}    # the remote server; scopes of {}", known::SERVER_APP, server_urls.join(", ")),
        format!("ENTRA_CLIENT_ID={}    # the local server", known::LOCAL_APP),
        format!("client id of an MCP host: {}; of a daemon: {}", known::HOST_APP, known::DAEMON_APP),
        format!(
            "sign in as {}, {}, {}, {}, {} or {}",
            known::ADA,
            known::GRACE,
            known::MIA,
            known::NOOR,
            known::OTTO,
            known::VERA
        ),
    ];
    if password {
        lines
            .push(format!("ENTRA_STAND_IN_PASSWORD={}    # made up for this start", tenant.password().expose_secret()));
    }
    if secret {
        let secret = tenant.server_secret().expose_secret();
        lines
            .push(format!("ENTRA_CLIENT_SECRET={secret}    # made up for this start, of the server and of the daemon"));
    }
    if let Some(key) = tenant.controls_key() {
        lines.push(format!("key of the controls: {}", key.expose_secret()));
    }
    lines.join("\n")
}
