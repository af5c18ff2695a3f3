//! A stand-in for Microsoft Entra ID and Microsoft Graph, on loopback: for trying out and for tests.
//!
//! It answers on the real paths, in the real forms, and refuses what the real one refuses, with its codes. Everything
//! is in memory and goes with the process. Nobody's account is behind it.
//!
//! In reading order: [`known`] (who and what is there), `directory`, `scopes`, `interaction` (what a person is asked),
//! `grants` (what becomes a token), `tokens` (what a token says), `endpoints` (all of that over HTTP), `graph`.

mod authority;
mod certificate;
mod claims_request;
mod client_proof;
mod command;
mod controls;
mod directory;
mod endpoints;
mod errors;
mod grants;
mod graph;
mod interaction;
mod keys;
pub mod known;
mod random;
mod redirect;
mod refusals;
mod scopes;
mod secrets;
mod serve;
mod sessions;
mod settings;
mod store;
mod tokens;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

use anyhow::Context as _;
use mcp_support::clock::Clock;
use secrecy::SecretString;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

pub use self::{
    client_proof::Certificate,
    command::{TenantArgs, run},
    controls::Control,
    directory::apps::Federated,
    secrets::StandInSecrets,
    settings::{TenantSettings, Tls},
};
use self::{
    directory::{Directory, TENANTS, apps::Credentials, consent::Consents},
    grants::{code::Code, device::Device, refresh::Refresh},
    graph::throttle::Throttle,
    interaction::Request,
    keys::Keys,
    sessions::Sessions,
    store::Expiring,
};

/// Requests of people that are open at a time, and codes, and refresh tokens: what comes first, goes first.
const MAX_REQUESTS: usize = 10_000;
const MAX_REFRESH_TOKENS: usize = 50_000;
/// Device codes are looked through when one is typed in.
const MAX_DEVICES: usize = 1000;

/// A running stand-in. It ends when it is dropped.
pub struct Tenant {
    authority: Url,
    service: Service,
    password: SecretString,
    server_secret: SecretString,
    daemon_secret: SecretString,
    _serving: AbortOnDropHandle<()>,
}

impl Tenant {
    /// Listens, and answers from then on.
    ///
    /// # Errors
    /// The address is taken, or a key or a certificate cannot be used.
    pub async fn start(settings: TenantSettings) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(settings.bind).await;
        let listener = listener.with_context(|| format!("cannot listen on {}", settings.bind))?;
        let authority = authority::of(&settings, listener.local_addr()?)?;
        let tls = settings.tls.clone();
        let making = tokio::task::spawn_blocking(move || {
            anyhow::Ok((Keys::new()?, tls.as_ref().map(serve::acceptor).transpose()?))
        });
        let (keys, tls) = making.await??;
        let service = Service::new(&settings, authority.as_str().trim_end_matches('/').to_owned(), keys);
        let serving = tokio::spawn(serve::serve(listener, tls, endpoints::routes(service.clone())));
        Ok(Self {
            authority,
            service,
            password: settings.password,
            server_secret: settings.server_secret,
            daemon_secret: settings.daemon_secret,
            _serving: AbortOnDropHandle::new(serving),
        })
    }

    /// Where it is: what stands for `https://login.microsoftonline.com`.
    pub fn authority(&self) -> &Url {
        &self.authority
    }

    /// Where its Graph is: what stands for `https://graph.microsoft.com/v1.0`.
    pub fn graph_url(&self) -> Url {
        let mut url = self.authority.clone();
        url.set_path(graph::PATH);
        url
    }

    /// What every request to its controls has to carry as a bearer token; none where there are no controls.
    pub fn controls_key(&self) -> Option<&SecretString> {
        self.service.shared.controls_key.as_ref()
    }

    /// Makes something happen on purpose, and returns what there is to say about it.
    ///
    /// # Errors
    /// Somebody or something is named that is not there.
    pub async fn control(&self, control: Control) -> anyhow::Result<Value> {
        let service = self.service.clone();
        tokio::task::spawn_blocking(move || service.control(control)).await?
    }

    /// The password of everybody in it.
    pub fn password(&self) -> &SecretString {
        &self.password
    }

    /// The secret of [`known::SERVER_APP`].
    pub fn server_secret(&self) -> &SecretString {
        &self.server_secret
    }

    /// The secret of [`known::DAEMON_APP`].
    pub fn daemon_secret(&self) -> &SecretString {
        &self.daemon_secret
    }
}

/// Everything behind the endpoints. A clone is cheap.
#[derive(Clone)]
struct Service {
    shared: Arc<Shared>,
}

struct Shared {
    /// Without a slash at its end.
    authority: String,
    clock: Clock,
    access_seconds: AtomicI64,
    directory: Directory,
    consents: Consents,
    keys: Keys,
    sessions: Sessions,
    requests: Expiring<Request>,
    codes: Expiring<Code>,
    refresh_tokens: Expiring<Refresh>,
    devices: Expiring<Device>,
    controls_key: Option<SecretString>,
    device_interval: u32,
    throttle: Throttle,
    /// Device codes that nobody has: how many were typed in, and when the count is over.
    device_guesses: Mutex<(u32, i64)>,
}

impl Service {
    fn new(settings: &TenantSettings, authority: String, keys: Keys) -> Self {
        let server = Credentials {
            secret: Some(settings.server_secret.clone()),
            certificates: settings.server_certificates.clone(),
            federated: settings.server_federated.clone(),
        };
        let daemon = Credentials { secret: Some(settings.daemon_secret.clone()), ..Credentials::default() };
        let consents = Consents::default();
        for tenant in &TENANTS {
            let granted = settings.admin_consent.iter().cloned();
            consents.grant(tenant.id, known::SERVER_APP, known::GRAPH_APP, None, granted);
        }
        let shared = Shared {
            authority,
            clock: settings.clock.clone(),
            access_seconds: settings.access_seconds.into(),
            directory: Directory::new(settings, [server, daemon]),
            consents,
            keys,
            sessions: Sessions::new(settings.password.clone()),
            requests: Expiring::new(MAX_REQUESTS),
            codes: Expiring::new(MAX_REQUESTS),
            refresh_tokens: Expiring::new(MAX_REFRESH_TOKENS),
            devices: Expiring::new(MAX_DEVICES),
            controls_key: settings.controls.then(|| random::secret().into()),
            device_interval: settings.device_interval,
            throttle: Throttle::new(settings.graph_requests),
            device_guesses: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    fn now(&self) -> i64 {
        self.shared.clock.now()
    }

    /// Seconds that an access token lives.
    fn access_seconds(&self) -> i64 {
        self.shared.access_seconds.load(Ordering::Relaxed)
    }

    fn is_https(&self) -> bool {
        self.shared.authority.starts_with("https://")
    }

    fn graph_url(&self) -> String {
        format!("{}{}", self.shared.authority, graph::PATH)
    }
}
