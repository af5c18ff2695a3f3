//! (1) From settings to a running server.

use std::net::SocketAddr;

use anyhow::Context as _;
use mcp_support::{
    cli::UsageError,
    fetch::service::{is_loopback, is_safe_base_url},
    harden::Policy,
    serve::{Limits, Server},
    shutdown,
};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use url::Url;

use super::{
    Parts, Shared,
    access::{Door, Doorway},
    audit::Audit,
    checks::Trust,
    facade::{Facade, SIGN_IN},
    policy::{EXECUTE, READ},
    server::Remote,
    settings::RemoteSettings,
};
use crate::{
    authority::Authority,
    credential::CredentialSettings,
    graph::Graph,
    on_behalf::OnBehalf,
    settings::{Directory, DirectorySettings},
    tenant::{Tenant, TenantSettings, known},
};

/// The server on Streamable HTTP. Where no tenant is set, a stand-in runs beside it.
///
/// # Errors
/// The address is taken, or a setting cannot be used.
pub async fn http(directory: &DirectorySettings, mut settings: RemoteSettings) -> anyhow::Result<()> {
    let real = directory.directory()?;
    let mut args = settings.http.clone();
    let listener = TcpListener::bind(args.bind).await.with_context(|| format!("cannot listen on {}", args.bind))?;
    let address = listener.local_addr()?;
    let origin = origin(&settings, address)?;
    if let Some(url) = &settings.public_url {
        args.allow_hosts.extend(url.host_str().map(str::to_owned));
        args.allow_origins.push(origin.clone());
    }
    // Until the end: with it, the stand-in ends.
    let (directory, _stand_in) = match real {
        Some(directory) => (directory, None),
        // A stand-in that strangers can reach would have them type passwords into it.
        None if !is_loopback(&origin.parse()?) => {
            let hint = "set ENTRA_TENANT_ID and ENTRA_CLIENT_ID: the stand-in is for clients on this machine only";
            return Err(UsageError(hint.to_owned()).into());
        }
        None => {
            let (directory, tenant) = stand_in(&origin, &mut settings).await?;
            (directory, Some(tenant))
        }
    };
    let server = server(&directory, &settings, &origin).await?;
    let stop = shutdown::signal();
    eprintln!("listening on http://{address}/mcp");
    // Stateless: any instance can answer, and what a token allows is in the token.
    args.stateless = true;
    server.http_on(listener, &args, stop).await
}

/// Everything behind the listener.
async fn server(directory: &Directory, settings: &RemoteSettings, origin: &str) -> anyhow::Result<Server<Remote>> {
    let resource = format!("{origin}/mcp");
    let app_id_uri = settings.app_id_uri(&resource)?;
    let mut app_id_uris = vec![resource.clone(), format!("api://{}", directory.client_id)];
    if !app_id_uris.contains(&app_id_uri) {
        app_id_uris.push(app_id_uri.clone());
    }
    let tenants = settings.tenants(directory.authority.tenant())?;
    let trust = Trust::new(&directory.authority, &tenants, &directory.client_id, app_id_uris)
        .map_err(|error| UsageError(format!("ENTRA_ALLOWED_TENANTS: {error}")))?;
    let (audit, on_behalf) = blocking_parts(directory, settings).await?;
    let scopes = [READ, EXECUTE].map(|scope| format!("{app_id_uri}/{scope}")).to_vec();
    let facade = Facade {
        origin: origin.to_owned(),
        sign_in: directory.authority.sign_in(tenants.iter().any(|tenant| tenant != directory.authority.tenant())),
        tenants,
        scopes,
        host_client_id: settings.host_client()?,
    };
    let shared = Shared::new(Parts {
        trust,
        admin_group: settings.admins()?,
        graph: Graph::new(directory.graph.clone()).map_err(|error| UsageError(format!("GRAPH_BASE_URL: {error}")))?,
        graph_resource: graph_resource(&directory.graph),
        on_behalf,
        audit,
        sign_in: format!("{origin}{SIGN_IN}"),
    });
    let authorization_server = if settings.metadata_facade { origin.to_owned() } else { directory.authority.issuer() };
    let doorway = Doorway { resource: resource.parse()?, app_id_uri, authorization_server };
    let door = Door::new(doorway, shared.clone()).map_err(|error| UsageError(error.to_string()))?;
    let server = Server::new(Remote::new(shared), Policy::default(), Limits::default());
    Ok(server.with_auth(door).with_routes(facade.routes(settings.metadata_facade)))
}

/// What is read from disk.
async fn blocking_parts(directory: &Directory, settings: &RemoteSettings) -> anyhow::Result<(Audit, OnBehalf)> {
    let (directory, settings) = (directory.clone(), settings.clone());
    let opening = tokio::task::spawn_blocking(move || {
        let usage = |variable: &str, error: &dyn std::fmt::Display| UsageError(format!("{variable}: {error}"));
        let audit = match &settings.audit_log {
            Some(file) => Audit::to_file(file).map_err(|error| usage("ENTRA_AUDIT_LOG", &error))?,
            None => Audit::to_log(),
        };
        let credential = settings.credential.choose()?;
        let folder = settings.cache_folder()?;
        let on_behalf = OnBehalf::new(directory.authority, directory.client_id, credential, folder)
            .map_err(|error| usage("ENTRA_TOKEN_CACHE", &error))?;
        anyhow::Ok((audit, on_behalf))
    });
    opening.await?
}

/// A tenant that runs in this process, for whoever has none.
async fn stand_in(origin: &str, settings: &mut RemoteSettings) -> anyhow::Result<(Directory, Tenant)> {
    let wanted = TenantSettings { server_urls: vec![format!("{origin}/mcp")], ..settings.stand_in.settings()? };
    let tenant = Tenant::start(wanted).await?;
    let authority = Authority::new(tenant.authority().clone(), known::TENANT_ID)?;
    let directory = Directory { authority, client_id: known::SERVER_APP.to_owned(), graph: tenant.graph_url() };
    settings.host_client_id.get_or_insert_with(|| known::HOST_APP.to_owned());
    // Whatever proves this machine to others is not shown to a stand-in.
    settings.credential =
        CredentialSettings { client_secret: Some(tenant.server_secret().clone()), ..CredentialSettings::default() };
    // What was made up is written once, to the operator's terminal, and nowhere else.
    let password = match &settings.stand_in.password {
        Some(_) => "password: as ENTRA_STAND_IN_PASSWORD says".to_owned(),
        None => format!("password, for this start: {}", tenant.password().expose_secret()),
    };
    eprintln!(
        "no tenant is set (ENTRA_TENANT_ID): a stand-in for Microsoft Entra ID and Graph, for trying out, runs at {}\n\
         people: {}, {} (administrator), {} (conditional access); {password}",
        tenant.authority(),
        known::ADA,
        known::GRACE,
        known::MIA,
    );
    Ok((directory, tenant))
}

/// Where clients reach this server.
fn origin(settings: &RemoteSettings, address: SocketAddr) -> Result<String, UsageError> {
    match &settings.public_url {
        Some(url) if !is_safe_base_url(url) || url.path() != "/" => {
            Err(UsageError("ENTRA_PUBLIC_URL must be https (http is for loopback), without a path".into()))
        }
        Some(url) => Ok(url.origin().ascii_serialization()),
        None if !address.ip().is_loopback() => {
            Err(UsageError("set ENTRA_PUBLIC_URL: clients cannot be sent to the address that is listened on".into()))
        }
        None => Ok(format!("http://{address}")),
    }
}

/// What stands before Graph's permissions: Graph's own address, which the stand-in has too.
fn graph_resource(graph: &Url) -> String {
    if is_loopback(graph) { known::GRAPH_URI.to_owned() } else { graph.origin().ascii_serialization() }
}
