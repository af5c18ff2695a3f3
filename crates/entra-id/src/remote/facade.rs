//! (2) A metadata document in front of the tenant's own, for clients that Entra's does not satisfy.
//!
//! Three things keep MCP clients and Entra apart. Each has its remedy, and none needs a proxy for tokens: people sign
//! in at Entra, and clients fetch their tokens there.
//!
//! 1. Entra's metadata does not say that it knows PKCE with S256, which clients MUST see before they go on. This
//!    document says it.
//! 2. Clients send `resource`, this server's URL, and Entra wants it to be the App ID URI that the scopes begin with.
//!    So the URL is an App ID URI of the app, and scopes are written with it in front.
//! 3. Entra registers no client by itself. So a client is registered beforehand, and its id is told here.

use axum::{Router, routing::get};
use http::header;
use serde_json::{Value, json};

use crate::authority::SignIn;

/// Where people and clients read how to sign in.
pub const SIGN_IN: &str = "/sign-in";

/// What the documents say.
#[derive(Debug, Clone)]
pub struct Facade {
    /// Where this server is reached, such as `https://mcp.example.com`: the issuer of the document.
    pub origin: String,
    /// Where people sign in.
    pub sign_in: SignIn,
    /// The tenants whose people are let in.
    pub tenants: Vec<String>,
    /// Scopes with the App ID URI in front.
    pub scopes: Vec<String>,
    /// The client that is registered for MCP hosts.
    pub host_client_id: Option<String>,
}

impl Facade {
    /// RFC 8414.
    fn document(&self) -> Value {
        let mut scopes = self.scopes.clone();
        scopes.push("offline_access".to_owned());
        json!({
            // RFC 8414, section 3.3: the address that the document was asked for at. The `iss` of tokens stays Entra's,
            // which this server knows, and no client looks into them.
            "issuer": self.origin,
            "authorization_endpoint": self.sign_in.authorize,
            "token_endpoint": self.sign_in.token,
            "device_authorization_endpoint": self.sign_in.device_code,
            "jwks_uri": self.sign_in.keys,
            "scopes_supported": scopes,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported":
                ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "private_key_jwt"],
            // Remedy 1: true of Entra, and missing in what it says of itself.
            "code_challenge_methods_supported": ["S256"],
            // Not here, because Entra has neither: registration_endpoint, and `iss` in its answers (RFC 9207).
            "service_documentation": format!("{}{SIGN_IN}", self.origin),
        })
    }

    /// The same where OpenID Connect looks for it. ID tokens are not for MCP; their `iss` is Entra's.
    fn openid_document(&self) -> Value {
        let mut document = self.document();
        document["subject_types_supported"] = json!(["pairwise"]);
        document["id_token_signing_alg_values_supported"] = json!(["RS256"]);
        document
    }

    /// How to sign in, for people.
    fn page(&self) -> String {
        let client = self.host_client_id.as_deref();
        let client = client.unwrap_or("(none is set: the operator registers one, and sets ENTRA_HOST_CLIENT_ID)");
        format!(
            "This MCP server accepts tokens of Microsoft Entra ID, of these tenants: {}.\n\
             Clients do not register themselves. Set this client id in your MCP host: {client}\n\
             It is a public client: no secret, PKCE, redirect to http://localhost or http://127.0.0.1 on any port.\n\
             Scopes: {}\n",
            self.tenants.join(", "),
            self.scopes.join(" "),
        )
    }

    /// The routes. Without `with_metadata` only the page: then clients are sent to the tenant itself.
    pub fn routes(&self, with_metadata: bool) -> Router {
        let page = self.page();
        let router = Router::new().route(SIGN_IN, get(move || async move { page }));
        if !with_metadata {
            return router;
        }
        let documents = [
            ("/.well-known/oauth-authorization-server", self.document()),
            ("/.well-known/openid-configuration", self.openid_document()),
        ];
        documents.into_iter().fold(router, |router, (path, document)| {
            let document = document.to_string();
            let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")];
            router.route(path, get(move || async move { (headers, document) }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenants_endpoints_under_this_servers_name() {
        let tenant = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
        let authority = crate::authority::MICROSOFT.parse().expect("a URL");
        let authority = crate::authority::Authority::new(authority, tenant).expect("a tenant");
        let facade = Facade {
            origin: "https://mcp.example.com".to_owned(),
            sign_in: authority.sign_in(false),
            tenants: vec![tenant.to_owned()],
            scopes: vec!["https://mcp.example.com/mcp/mcp.tools.read".to_owned()],
            host_client_id: Some("9e3a5d78-64b2-4c01-8f7d-b5c0e2a91f12".to_owned()),
        };
        let document = facade.document();
        assert_eq!(document["issuer"], "https://mcp.example.com");
        assert_eq!(document["token_endpoint"], format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"));
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        assert!(document.get("registration_endpoint").is_none());
        assert!(facade.page().contains("9e3a5d78"), "{}", facade.page());
        let without = Facade { host_client_id: None, ..facade };
        assert!(without.page().contains("ENTRA_HOST_CLIENT_ID"));
    }
}
