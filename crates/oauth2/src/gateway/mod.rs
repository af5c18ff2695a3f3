//! A gateway in front of the MCP server: it does what API Management's `validate-jwt` does, and hands the request on.
//!
//! It checks each token by itself, and says 401 and 403 by itself. What passes goes to one fixed server, as it came and
//! with its token, and that server checks again. Both checks stay: a server that believes its gateway is open to whoever
//! reaches it by another way, and the gateway keeps what is refused anyway from costing the server anything.

mod forward;
mod headers;

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{Router, routing::get};
use clap::Args;
use mcp_support::{
    auth::{Dpop, KeySource, ResourceServer, ResourceServerSettings, ScopePolicy, TrustedIssuer},
    cli::{HttpArgs, UsageError},
    fetch::service::{self, is_safe_base_url},
    serve::{Access, Bodies, Limits, routes_on},
    shutdown,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use self::forward::{Gateway, forward};
use crate::{scope::Scope, settings::Settings, setup};

/// Time to reach the server.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// Flags of the gateway. In parentheses, the names in API Management's `validate-jwt`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("bind", |bind| bind.default_value("127.0.0.1:8080")))]
#[command(mut_arg("stateless", |stateless| stateless.hide(true)))]
pub struct GatewayArgs {
    #[command(flatten)]
    http: HttpArgs,

    /// The MCP server behind: https, or http on this machine
    #[arg(long, env = "GATEWAY_UPSTREAM", value_name = "URL", default_value = "http://127.0.0.1:8000/mcp")]
    upstream: Url,

    /// Metadata document of the authorization server (`openid-config`)
    #[arg(
        long,
        env = "GATEWAY_OPENID_CONFIG",
        value_name = "URL",
        default_value = "http://127.0.0.1:8081/.well-known/openid-configuration"
    )]
    openid_config: Url,

    /// What `iss` may be (`issuers`; repeatable)
    #[arg(
        long = "issuer",
        env = "GATEWAY_ISSUERS",
        value_delimiter = ',',
        value_name = "URL",
        default_value = "http://127.0.0.1:8081"
    )]
    issuers: Vec<String>,

    /// What `aud` may be besides this gateway's own URL (`audiences`; repeatable)
    #[arg(long = "audience", env = "GATEWAY_AUDIENCES", value_delimiter = ',', value_name = "URI")]
    audiences: Vec<String>,

    /// Scopes that every token needs (`required-claims`; repeatable)
    #[arg(
        long = "required-scope",
        env = "GATEWAY_REQUIRED_SCOPES",
        value_delimiter = ',',
        value_name = "SCOPE",
        default_value = Scope::Access.as_str()
    )]
    required_scopes: Vec<String>,

    /// Seconds that the server may be silent: until an answer begins, and while it streams
    #[arg(long, env = "GATEWAY_PATIENCE_SECONDS", default_value_t = 150, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    patience_seconds: u64,
}

/// Runs the gateway.
///
/// # Errors
/// The address is taken, or a setting cannot be used.
pub async fn run(settings: &Settings, mut args: GatewayArgs) -> anyhow::Result<()> {
    let bind = args.http.bind;
    let listener = TcpListener::bind(bind).await.with_context(|| format!("cannot listen on {bind}"))?;
    let address = listener.local_addr()?;
    let origin = setup::origin(settings, address)?;
    setup::answer_to(settings, &mut args.http, &origin);
    let resource = Url::parse(&format!("{origin}/mcp"))?;
    let access = access(settings, &args, resource.clone())?;
    let (limits, closing) = (Limits::default(), CancellationToken::new());
    let gateway = Gateway {
        access: access.clone(),
        bodies: Bodies::new(&limits),
        client: client(&args)?,
        upstream: args.upstream,
        scheme: resource.scheme().to_owned(),
        closing: closing.clone(),
    };
    let routes = Router::new()
        .route("/mcp", get(forward).post(forward).delete(forward))
        .with_state(Arc::new(gateway))
        .merge(access.routes());
    let stop = shutdown::signal();
    eprintln!("listening on http://{address}/mcp");
    let end = async {
        let result = stop.await;
        closing.cancel();
        result
    };
    routes_on(listener, routes, &args.http, &limits, end).await
}

/// The same check that the server behind makes, with the gateway's own settings.
fn access(settings: &Settings, args: &GatewayArgs, resource: Url) -> Result<ResourceServer, UsageError> {
    let trusted = |issuer: &String| TrustedIssuer {
        issuer: issuer.clone(),
        keys: KeySource::Metadata(args.openid_config.clone()),
    };
    let mut check = ResourceServerSettings::new(resource, args.issuers.iter().map(trusted).collect());
    check.audiences = args.audiences.clone();
    check.scopes = ScopePolicy::new().every_request(args.required_scopes.iter().map(String::as_str));
    check.scopes_supported = args.required_scopes.clone();
    // A nonce is the business of the server behind: a proof holds only one, and both would ask for theirs.
    check.dpop = Dpop { nonce: false, ..settings.dpop_rules() };
    ResourceServer::new(check).map_err(|error| UsageError(error.to_string()))
}

fn client(args: &GatewayArgs) -> anyhow::Result<reqwest::Client> {
    if !is_safe_base_url(&args.upstream) {
        let text = "GATEWAY_UPSTREAM must be https (http is for loopback), without a query: tokens are sent there";
        return Err(UsageError(text.to_owned()).into());
    }
    // What the server answers is handed on, not followed and not unpacked.
    let builder = service::client(&args.upstream)
        .no_gzip()
        .connect_timeout(CONNECT_TIME)
        .read_timeout(Duration::from_secs(args.patience_seconds));
    Ok(builder.build()?)
}
