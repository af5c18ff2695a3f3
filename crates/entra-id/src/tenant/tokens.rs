//! What tokens say. The app that a token is for decides which of two forms it has.
//!
//! | | version 1 | version 2 |
//! |---|---|---|
//! | `iss` | `{authority}/{tenant}/` | `{authority}/{tenant}/v2.0` |
//! | `aud` | the App ID URI that was asked for | the client id |
//! | the client | `appid`, `appidacr` | `azp`, `azpacr` |
//! | the person | `upn`, `unique_name` | `preferred_username` |

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use serde_json::{Value, json};

use super::{
    Service,
    directory::{Tenant, apps::App, people::User},
    known, random,
    scopes::Wanted,
    sessions::Session,
};

/// Groups that a token holds at most; with more it says where they can be asked for.
const MAX_GROUPS: usize = 200;

/// How a client has shown who it is: the value of `azpacr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// It has not: it is public.
    None = 0,
    Secret = 1,
    /// A certificate, or another issuer's assertion.
    Assertion = 2,
}

/// Who gets a token, and for what.
pub(super) struct Subject<'a> {
    pub(super) tenant: &'static Tenant,
    pub(super) client: &'a App,
    pub(super) proof: Proof,
    pub(super) wanted: &'a Wanted,
    /// What the client can do, as it has said.
    pub(super) capabilities: &'a [String],
}

impl Service {
    /// An access token for a client that acts for a person.
    pub(super) fn delegated_token(
        &self,
        of: &Subject<'_>,
        session: &Session,
        scopes: &[String],
    ) -> anyhow::Result<String> {
        let (user, resource) = (session.user, self.resource_of(of)?);
        let mut claims = self.common(of, resource);
        claims["scp"] = scopes.join(" ").into();
        claims["name"] = user.display_name().into();
        claims["oid"] = user.id.into();
        claims["sub"] = pairwise(user, resource.id).into();
        claims["sid"] = session.id.as_str().into();
        if resource.token_version == 1 {
            claims["upn"] = user.principal_name.into();
            claims["unique_name"] = user.principal_name.into();
            claims["given_name"] = user.given_name.into();
            claims["family_name"] = user.surname.into();
            claims["amr"] = if session.second_factor { json!(["pwd", "mfa"]) } else { json!(["pwd"]) };
        } else {
            claims["preferred_username"] = user.principal_name.into();
        }
        if !session.contexts.is_empty() {
            claims["acrs"] = json!(session.contexts);
        }
        if resource.id == known::SERVER_APP && !user.roles.is_empty() {
            claims["roles"] = json!(user.roles);
        }
        if resource.wants_groups {
            self.write_groups(&mut claims, user);
        }
        self.shared.keys.sign(&claims)
    }

    /// An access token for a client in its own name.
    pub(super) fn app_token(&self, of: &Subject<'_>) -> anyhow::Result<String> {
        let resource = self.resource_of(of)?;
        let mut claims = self.common(of, resource);
        claims["oid"] = of.client.object_id.into();
        claims["sub"] = of.client.object_id.into();
        claims["idtyp"] = "app".into();
        let roles: Vec<&str> =
            of.client.assigned.iter().filter(|(of, _)| *of == resource.id).map(|(_, role)| *role).collect();
        if !roles.is_empty() {
            claims["roles"] = json!(roles);
        }
        self.shared.keys.sign(&claims)
    }

    /// Who has signed in, for the client itself (OpenID Connect). Not for any API.
    pub(super) fn id_token(&self, of: &Subject<'_>, session: &Session, nonce: Option<&str>) -> anyhow::Result<String> {
        let (user, now) = (session.user, self.now());
        let mut claims = json!({
            "aud": of.client.id,
            "iss": self.issuer(of.tenant, 2),
            "iat": now, "nbf": now, "exp": now + self.access_seconds(),
            "name": user.display_name(),
            "oid": user.id,
            "preferred_username": user.principal_name,
            "sub": pairwise(user, of.client.id),
            "sid": session.id,
            "tid": of.tenant.id,
            "uti": unique(),
            "ver": "2.0",
        });
        if of.wanted.openid.email {
            claims["email"] = user.principal_name.into();
        }
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        self.shared.keys.sign(&claims)
    }

    /// The issuer of a tenant's tokens in one version.
    pub(super) fn issuer(&self, tenant: &Tenant, version: u8) -> String {
        let authority = &self.shared.authority;
        if version == 1 { format!("{authority}/{}/", tenant.id) } else { format!("{authority}/{}/v2.0", tenant.id) }
    }

    fn resource_of(&self, of: &Subject<'_>) -> anyhow::Result<&App> {
        self.shared.directory.by_id(of.wanted.resource).ok_or_else(|| anyhow::anyhow!("the resource is not known"))
    }

    fn common(&self, of: &Subject<'_>, resource: &App) -> Value {
        let now = self.now();
        let version = resource.token_version;
        let (audience, client, proof) = if version == 1 {
            (of.wanted.uri.as_deref().unwrap_or(resource.main_uri()), "appid", "appidacr")
        } else {
            (resource.id, "azp", "azpacr")
        };
        let mut claims = json!({
            "aud": audience,
            "iss": self.issuer(of.tenant, version),
            "iat": now, "nbf": now, "exp": now + self.access_seconds(),
            "tid": of.tenant.id,
            "uti": unique(),
            "ver": if version == 1 { "1.0" } else { "2.0" },
        });
        claims[client] = of.client.id.into();
        claims[proof] = (of.proof as u8).to_string().into();
        if !of.capabilities.is_empty() {
            claims["xms_cc"] = json!(of.capabilities);
        }
        claims
    }

    fn write_groups(&self, claims: &mut Value, user: &User) {
        let groups = user.group_ids();
        if groups.len() > MAX_GROUPS {
            let endpoint = format!("{}/users/{}/getMemberObjects", self.graph_url(), user.id);
            claims["_claim_names"] = json!({"groups": "src1"});
            claims["_claim_sources"] = json!({"src1": {"endpoint": endpoint}});
        } else if !groups.is_empty() {
            claims["groups"] = json!(groups);
        }
    }
}

/// Who somebody is to one app: two apps cannot compare notes.
fn pairwise(user: &User, app: &str) -> String {
    random::digest(&format!("{} {app}", user.id))
}

fn unique() -> String {
    BASE64URL.encode(rand::random::<[u8; 16]>())
}
