//! The apps that are registered, and what may be asked of them.

use secrecy::{ExposeSecret, SecretString};

use super::super::{TenantSettings, client_proof::Certificate, known, random};

/// A registered app.
pub(in super::super) struct App {
    pub(in super::super) id: &'static str,
    /// The object id of its service principal: who it is in its own tokens.
    pub(in super::super) object_id: &'static str,
    pub(in super::super) name: &'static str,
    pub(in super::super) kind: Kind,
    pub(in super::super) is_multi_tenant: bool,
    /// Where codes may be sent.
    pub(in super::super) redirect_uris: Vec<String>,
    /// Besides its id.
    app_id_uris: Vec<String>,
    /// Which form the access tokens for it have: `requestedAccessTokenVersion`.
    pub(in super::super) token_version: u8,
    /// What it offers to clients that act for a person.
    pub(in super::super) scopes: &'static [Scope],
    /// What it needs of other apps when it acts for a person: id of the resource, and scope.
    pub(in super::super) permissions: &'static [(&'static str, &'static str)],
    /// What it may do in its own name: id of the resource, and app role.
    pub(in super::super) assigned: &'static [(&'static str, &'static str)],
    /// Clients for which one consent is also consent for this app: `knownClientApplications`.
    pub(in super::super) known_clients: &'static [&'static str],
    /// Whether tokens for it hold the groups of their user.
    pub(in super::super) wants_groups: bool,
}

/// Whether an app can keep a secret.
pub(in super::super) enum Kind {
    /// It cannot: PKCE, device codes, loopback redirects.
    Public,
    /// It can, and proves who it is.
    Confidential(Credentials),
}

/// What proves that an app is itself.
#[derive(Clone, Default)]
pub(in super::super) struct Credentials {
    pub(in super::super) secret: Option<SecretString>,
    pub(in super::super) certificates: Vec<Certificate>,
    pub(in super::super) federated: Vec<Federated>,
}

/// Another issuer's tokens that stand for an app.
#[derive(Debug, Clone)]
pub struct Federated {
    /// Its issuer.
    pub issuer: String,
    /// The subject that is trusted.
    pub subject: String,
    /// Its public keys, as a JWK set.
    pub jwks: serde_json::Value,
}

impl Credentials {
    pub(in super::super) fn has_secret(&self, secret: &str) -> bool {
        self.secret.as_ref().is_some_and(|known| random::is_same(known.expose_secret(), secret))
    }
}

/// A permission that is delegated to a client.
pub(in super::super) struct Scope {
    pub(in super::super) name: &'static str,
    pub(in super::super) meaning: &'static str,
    /// Whether only an administrator can consent.
    pub(in super::super) is_for_admins: bool,
}

impl App {
    /// Every name under which tokens for it are asked for.
    pub(in super::super) fn uris(&self) -> impl Iterator<Item = &str> {
        self.app_id_uris.iter().map(String::as_str).chain([self.id])
    }

    pub(in super::super) fn scope(&self, name: &str) -> Option<&'static Scope> {
        self.scopes.iter().find(|scope| scope.name == name)
    }

    pub(in super::super) fn is_public(&self) -> bool {
        matches!(self.kind, Kind::Public)
    }

    /// The App ID URI that stands for it where none was named.
    pub(in super::super) fn main_uri(&self) -> &str {
        self.app_id_uris.first().map_or(self.id, String::as_str)
    }
}

/// The redirects of a native app. The port does not count.
const NATIVE: [&str; 4] =
    ["http://localhost", "http://127.0.0.1", "http://localhost/callback", "http://127.0.0.1/callback"];
const WEB: [&str; 2] = ["http://localhost/callback", "http://127.0.0.1/callback"];

const SERVER_SCOPES: [Scope; 2] = [
    Scope { name: known::SCOPE_READ, meaning: "Use the tools of the MCP server that only look", is_for_admins: false },
    Scope { name: known::SCOPE_EXECUTE, meaning: "Use the tools of the MCP server that act", is_for_admins: false },
];

const GRAPH_SCOPES: [Scope; 9] = [
    Scope { name: "User.Read", meaning: "Sign you in and read your profile", is_for_admins: false },
    Scope { name: "Mail.Read", meaning: "Read your mail", is_for_admins: false },
    Scope { name: "User.ReadBasic.All", meaning: "Read all users' basic profiles", is_for_admins: false },
    Scope { name: "User.Read.All", meaning: "Read all users' full profiles", is_for_admins: true },
    Scope { name: "GroupMember.Read.All", meaning: "Read group memberships", is_for_admins: true },
    Scope { name: "openid", meaning: "Sign you in", is_for_admins: false },
    Scope { name: "profile", meaning: "View your basic profile", is_for_admins: false },
    Scope { name: "email", meaning: "View your email address", is_for_admins: false },
    Scope { name: "offline_access", meaning: "Keep access to what you have given it", is_for_admins: false },
];

/// All apps. The credentials are those of the server and of the daemon.
pub(super) fn all(settings: &TenantSettings, credentials: [Credentials; 2]) -> Vec<App> {
    let [server, daemon] = credentials;
    let app = |id, object_id, name, kind| App {
        id,
        object_id,
        name,
        kind,
        is_multi_tenant: true,
        redirect_uris: Vec::new(),
        app_id_uris: Vec::new(),
        token_version: 1,
        scopes: &[],
        permissions: &[],
        assigned: &[],
        known_clients: &[],
        wants_groups: false,
    };
    let mut server_uris = vec![format!("api://{}", known::SERVER_APP)];
    server_uris.extend(settings.server_urls.iter().cloned());
    let native = NATIVE.map(str::to_owned);
    vec![
        App {
            app_id_uris: server_uris,
            token_version: settings.server_token_version,
            redirect_uris: WEB.map(str::to_owned).to_vec(),
            scopes: &SERVER_SCOPES,
            permissions: &[
                (known::GRAPH_APP, "User.Read"),
                (known::GRAPH_APP, "Mail.Read"),
                (known::GRAPH_APP, "User.Read.All"),
            ],
            known_clients: &[known::HOST_APP],
            wants_groups: true,
            ..app(known::SERVER_APP, "d1000000-0000-4000-8000-000000000010", "mcp-server", Kind::Confidential(server))
        },
        App {
            redirect_uris: native.to_vec(),
            permissions: &[(known::GRAPH_APP, "User.Read")],
            ..app(known::LOCAL_APP, "d1000000-0000-4000-8000-000000000011", "mcp-local", Kind::Public)
        },
        App {
            redirect_uris: native.into_iter().chain(settings.redirect_uris.iter().cloned()).collect(),
            permissions: &[(known::SERVER_APP, known::SCOPE_READ), (known::SERVER_APP, known::SCOPE_EXECUTE)],
            ..app(known::HOST_APP, "d1000000-0000-4000-8000-000000000012", "An MCP host", Kind::Public)
        },
        App {
            is_multi_tenant: false,
            assigned: &[(known::SERVER_APP, known::ROLE_DAEMON)],
            ..app(
                known::DAEMON_APP,
                "d1000000-0000-4000-8000-000000000013",
                "nightly-report",
                Kind::Confidential(daemon),
            )
        },
        App {
            app_id_uris: vec![known::GRAPH_URI.to_owned(), format!("{}/", known::GRAPH_URI)],
            scopes: &GRAPH_SCOPES,
            ..app(
                known::GRAPH_APP,
                "d1000000-0000-4000-8000-000000000014",
                "Microsoft Graph",
                Kind::Confidential(Credentials::default()),
            )
        },
    ]
}
