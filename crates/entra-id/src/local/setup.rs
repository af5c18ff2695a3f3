//! From settings to the running server.

use std::time::Duration;

use clap::{Args, builder::BoolishValueParser};
use mcp_support::{
    clock::Clock,
    harden::Policy,
    serve::{Limits, Server},
};
use secrecy::ExposeSecret;

use super::{
    cache::{Place, TokenCache},
    server::LocalServer,
    session::Session,
    sign_in::{Method, SignIns},
};
use crate::{
    authority::Authority,
    graph::Graph,
    settings::Directory,
    tenant::{StandInSecrets, Tenant, known},
};

/// Flags of `stdio`.
#[derive(Debug, Clone, Args)]
pub struct LocalArgs {
    /// Sign in by a code that the person enters in a browser anywhere: for machines without one
    #[arg(long, env = "ENTRA_DEVICE_CODE", value_parser = BoolishValueParser::new())]
    pub device_code: bool,

    /// Where tokens are kept: memory, keyring, or the path of a folder; without it, in the keyring if there is one, else
    /// in a folder of the user's data
    #[arg(long, env = "ENTRA_TOKEN_CACHE", value_name = "memory|keyring|FOLDER")]
    pub token_cache: Option<Place>,

    /// What the stand-in asks for, where no tenant is set
    #[command(flatten)]
    pub stand_in: StandInSecrets,

    /// Seconds that a person has to sign in
    #[arg(long, env = "ENTRA_SIGN_IN_SECONDS", default_value_t = 600, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=900))]
    pub sign_in_seconds: u64,
}

/// The server on stdio, for this directory or else for the stand-in.
///
/// # Errors
/// The token cache cannot be used, or the stand-in does not start.
pub async fn stdio(args: &LocalArgs, directory: Option<Directory>) -> anyhow::Result<()> {
    let Some(directory) = directory else {
        let stand_in = Tenant::start(args.stand_in.settings()?).await?;
        // Its accounts end with this process, so its tokens may as well.
        let place = args.token_cache.clone().unwrap_or(Place::Memory);
        let directory = of_stand_in(&stand_in)?;
        // stderr belongs to whoever started this process, and stdout to the protocol.
        let password = match &args.stand_in.password {
            Some(_) => "with the password of ENTRA_STAND_IN_PASSWORD".to_owned(),
            None => format!("password {}", stand_in.password().expose_secret()),
        };
        eprintln!(
            "no ENTRA_TENANT_ID: a stand-in for Microsoft Entra ID runs at {}; sign in as {} or {} (second factor), \
             {password}",
            stand_in.authority(),
            known::ADA,
            known::MIA,
        );
        return server(args, directory, place).await?.stdio().await;
    };
    let place = args.token_cache.clone().unwrap_or(Place::Best);
    server(args, directory, place).await?.stdio().await
}

fn of_stand_in(stand_in: &Tenant) -> anyhow::Result<Directory> {
    Ok(Directory {
        authority: Authority::new(stand_in.authority().clone(), known::TENANT_ID)?,
        client_id: known::LOCAL_APP.to_owned(),
        graph: stand_in.graph_url(),
    })
}

async fn server(args: &LocalArgs, directory: Directory, place: Place) -> anyhow::Result<Server<LocalServer>> {
    let graph = Graph::new(directory.graph.clone())?;
    // Looking for a keyring blocks.
    let (here, at) = (place, directory.clone());
    let cache = tokio::task::spawn_blocking(move || TokenCache::open(&here, &at)).await??;
    tracing::info!(place = cache.describe(), "the token cache");
    let session = Session::new(directory, cache, Clock::default())?;
    let method = if args.device_code { Method::DeviceCode } else { Method::Browser };
    let sign_ins = SignIns::new(session.clone(), method, Duration::from_secs(args.sign_in_seconds));
    Ok(Server::new(LocalServer::new(session, sign_ins, graph), Policy::default(), Limits::default()))
}
