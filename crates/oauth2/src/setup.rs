//! From settings to running servers.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context as _;
use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use clap::Args;
use mcp_support::{
    cli::{HttpArgs, UsageError},
    clock::Clock,
    harden::Policy,
    serve::{Limits, Server, routes_on},
    shutdown,
};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tower::limit::GlobalConcurrencyLimitLayer;
use url::Url;

use crate::{
    authorization::{
        AuthorizationServer, Parts,
        client::{Authentication, Client, Grant},
        redirect, secret,
        store::{FILE, Store},
        users::Users,
    },
    endpoints,
    notes::Notes,
    scope::{Scope, Scopes},
    server::{Oauth2, access},
    settings::Settings,
};

/// The public client of the command `client`, which keeps no secret.
pub const PUBLIC_CLIENT: &str = "mcp-cli";
/// How often what has expired is deleted.
const SWEEP: Duration = Duration::from_secs(60);
/// Requests to the authorization server that are answered at a time.
const CONCURRENT: usize = 256;
/// Time for one of them.
const REQUEST_TIME: Duration = Duration::from_secs(20);

/// Flags of the authorization server alone.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("bind", |bind| bind.default_value("127.0.0.1:8081").env("OAUTH_BIND")))]
#[command(mut_arg("stateless", |stateless| stateless.hide(true)))]
pub struct AuthorizationServerArgs {
    #[command(flatten)]
    http: HttpArgs,

    /// Resource that tokens are issued for (repeatable)
    #[arg(
        long = "resource",
        env = "OAUTH_RESOURCES",
        value_delimiter = ',',
        value_name = "URL",
        default_value = "http://127.0.0.1:8000/mcp"
    )]
    resources: Vec<String>,
}

/// The server on stdio. Spec(2026-07-28, authorization): there is none; whoever starts the process may do everything.
///
/// # Errors
/// The notes cannot be opened.
pub async fn stdio(settings: &Settings) -> anyhow::Result<()> {
    mcp_server(settings).await?.stdio().await
}

/// (1) The resource server, with an authorization server beside it unless there is one at `issuer`.
///
/// # Errors
/// The address is taken, or a setting cannot be used.
pub async fn http(settings: &Settings, mut args: HttpArgs, issuer: Option<&str>) -> anyhow::Result<()> {
    let listener = TcpListener::bind(args.bind).await.with_context(|| format!("cannot listen on {}", args.bind))?;
    let address = listener.local_addr()?;
    let origin = origin(settings, address)?;
    answer_to(settings, &mut args, &origin);
    let resource = format!("{origin}/mcp");
    let auth = access::resource_server(Url::parse(&resource)?, issuer.unwrap_or(&origin), settings.dpop_rules())
        .map_err(|error| UsageError(error.to_string()))?;
    let server = mcp_server(settings).await?.with_auth(auth);
    let Some(_) = issuer else {
        let authorization = authorization_server(settings, origin, vec![resource]).await?;
        let server = server.with_routes(routes(settings, &authorization));
        let stop = shutdown::signal();
        eprintln!("listening on http://{address}/mcp");
        return tokio::select! {
            result = server.http_on(listener, &args, stop) => result,
            result = sweep(&authorization) => result,
        };
    };
    let stop = shutdown::signal();
    eprintln!("listening on http://{address}/mcp");
    server.http_on(listener, &args, stop).await
}

/// The authorization server alone.
///
/// # Errors
/// The address is taken, or a setting cannot be used.
pub async fn serve_authorization_server(settings: &Settings, args: AuthorizationServerArgs) -> anyhow::Result<()> {
    let AuthorizationServerArgs { http: mut args, resources } = args;
    let listener = TcpListener::bind(args.bind).await.with_context(|| format!("cannot listen on {}", args.bind))?;
    let address = listener.local_addr()?;
    let origin = origin(settings, address)?;
    answer_to(settings, &mut args, &origin);
    let authorization = authorization_server(settings, origin, resources).await?;
    let routes = routes(settings, &authorization);
    let (limits, stop) = (Limits::default(), shutdown::signal());
    eprintln!("listening on http://{address}");
    tokio::select! {
        result = routes_on(listener, routes, &args, &limits, stop) => result,
        result = sweep(&authorization) => result,
    }
}

/// Lets the next signing key sign, and prints its id.
///
/// # Errors
/// There is no data folder.
pub async fn rotate_keys(settings: &Settings) -> anyhow::Result<()> {
    let Some(folder) = &settings.data else {
        return Err(UsageError("rotate-keys needs --data: without a folder, keys go with the process".into()).into());
    };
    if !folder.join(FILE).is_file() {
        let why = format!("there are no keys in {}: nothing has been served from there", folder.display());
        return Err(UsageError(why).into());
    }
    // Rotating needs the database alone; nobody signs in here.
    let parts = Parts {
        issuer: String::new(),
        resources: Vec::new(),
        clients: Vec::new(),
        users: Users::new(Vec::new(), &secret::random())?,
        store: Store::open(settings.data.as_deref())?,
        clock: Clock::default(),
        registration: false,
        metadata_hosts: Vec::new(),
    };
    let kid = AuthorizationServer::new(parts)?.rotate_keys().await?;
    eprintln!("signing with {kid} from now on");
    Ok(())
}

async fn mcp_server(settings: &Settings) -> anyhow::Result<Server<Oauth2>> {
    let data = settings.data.clone();
    let notes = tokio::task::spawn_blocking(move || Notes::open(data.as_deref()).context("cannot open the notes"));
    Ok(Server::new(Oauth2::new(notes.await??), Policy::default(), Limits::default()))
}

async fn authorization_server(
    settings: &Settings,
    issuer: String,
    resources: Vec<String>,
) -> anyhow::Result<AuthorizationServer> {
    let settings = settings.clone();
    let building = tokio::task::spawn_blocking(move || {
        let clients = clients(&settings)?;
        let users = settings.demo_users.clone();
        // A client's token names it as the subject (RFC 9068, section 5): nobody else may have that name.
        if let Some(name) = users.iter().find(|name| clients.iter().any(|client| client.id == **name)) {
            return Err(UsageError(format!("'{name}' is the name of a user and of a client")).into());
        }
        AuthorizationServer::new(Parts {
            issuer,
            resources,
            clients,
            users: Users::new(users, settings.password()?.expose_secret())?,
            store: Store::open(settings.data.as_deref())?,
            clock: Clock::default(),
            registration: settings.dynamic_registration,
            metadata_hosts: settings.metadata_hosts,
        })
    });
    building.await?
}

fn clients(settings: &Settings) -> anyhow::Result<Vec<Client>> {
    if let Some(uri) = settings.redirect_uris.iter().find(|uri| !redirect::may_be_registered(uri)) {
        return Err(UsageError(format!("'{uri}' is no redirect URI: https, or http on this machine")).into());
    }
    let client = |id: &str, name: &str, authentication, grants: &[Grant], scopes| Client {
        id: id.to_owned(),
        name: name.to_owned(),
        redirect_uris: settings.redirect_uris.clone(),
        authentication,
        grants: grants.to_vec(),
        scopes,
        dpop_bound: false,
    };
    let all = [Grant::AuthorizationCode, Grant::RefreshToken, Grant::ClientCredentials];
    // A program that acts on its own deletes nothing.
    let machine = Scopes::from_iter([Scope::Access, Scope::Read, Scope::Write]);
    let known = Authentication::SecretBasic(secret::hash(settings.secret_of_client()?.expose_secret()));
    let mut clients = vec![
        client(&settings.client_id, "The operator's client", known, &all, machine.clone()),
        client(PUBLIC_CLIENT, "The lesson's command line", Authentication::None, &all[..2], Scopes::all()),
    ];
    if let Some(file) = &settings.client_jwks {
        let text =
            std::fs::read(file).map_err(|error| UsageError(format!("cannot read OAUTH_CLIENT_JWKS: {error}")))?;
        let keys = serde_json::from_slice(&text)
            .map_err(|error| UsageError(format!("OAUTH_CLIENT_JWKS is no JWK set: {error}")))?;
        let signed = Authentication::PrivateKeyJwt(Box::new(keys));
        let id = format!("{}-key", settings.client_id);
        clients.push(client(&id, "The operator's client with a key", signed, &all[2..], machine));
    }
    Ok(clients)
}

/// Lets requests come to the public name too, and from its own pages.
pub(crate) fn answer_to(settings: &Settings, args: &mut HttpArgs, origin: &str) {
    if let Some(url) = &settings.public_url {
        args.allow_hosts.extend(url.host_str().map(str::to_owned));
        args.allow_origins.push(origin.to_owned());
    }
}

/// Where clients reach this server.
pub(crate) fn origin(settings: &Settings, address: SocketAddr) -> Result<String, UsageError> {
    match &settings.public_url {
        Some(url) if !mcp_support::fetch::service::is_safe_base_url(url) || url.path() != "/" => {
            Err(UsageError("OAUTH2_PUBLIC_URL must be https (http is for loopback), without a path".into()))
        }
        Some(url) => Ok(url.origin().ascii_serialization()),
        None if !address.ip().is_loopback() => {
            Err(UsageError("set OAUTH2_PUBLIC_URL: clients cannot be sent to the address that is listened on".into()))
        }
        None => Ok(format!("http://{address}")),
    }
}

async fn sweep(server: &AuthorizationServer) -> anyhow::Result<()> {
    loop {
        tokio::time::sleep(SWEEP).await;
        // The cause is in the log, and the next round may do better.
        let _ = server.sweep().await;
    }
}

/// The authorization server's routes, within limits.
fn routes(settings: &Settings, authorization: &AuthorizationServer) -> Router {
    endpoints::routes(authorization.clone(), &settings.dpop_rules())
        .layer(GlobalConcurrencyLimitLayer::new(CONCURRENT))
        .layer(middleware::from_fn(deadline))
}

/// A request that waits, or whose body does not come, is over after a while.
async fn deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}
