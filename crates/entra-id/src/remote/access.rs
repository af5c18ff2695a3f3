//! (5) The door: the resource server checks the token, and a tool that needs Graph gets its token before the answer
//! begins. Only now can Entra's demand for more (a claims challenge) be passed on as HTTP says it: 401
//! `insufficient_claims`.

use axum::{Router, response::Response};
use futures::{FutureExt, future::BoxFuture};
use http::{Extensions, request::Parts};
use mcp_support::{
    auth::{Algorithm, ResourceServer, ResourceServerSettings},
    serve::{Access, Operation},
};
use url::Url;

use super::{
    Shared,
    audit::{CorrelationId, Event},
    exchange::{Caller, Prepared},
    policy::{self, READ, Rule},
};

/// What the door has to know besides.
pub struct Doorway {
    /// This server as its clients reach it.
    pub resource: Url,
    /// What stands before a scope when it is asked for.
    pub app_id_uri: String,
    /// Whose metadata clients are to read: this server's own, or else the tenant's.
    pub authorization_server: String,
}

/// Lets in whose token fulfils all checks.
pub struct Door {
    server: ResourceServer,
    shared: Shared,
}

impl Door {
    /// A door with these checks.
    ///
    /// # Errors
    /// An address cannot be used.
    pub fn new(doorway: Doorway, shared: Shared) -> anyhow::Result<Self> {
        let mut settings = ResourceServerSettings::new(doorway.resource, shared.trust.issuers()?);
        settings.authorization_servers = vec![doorway.authorization_server];
        settings.audiences = shared.trust.audiences();
        settings.algorithms = vec![Algorithm::Rs256];
        // Entra's access tokens are of type JWT, like its ID tokens; the checks tell them apart.
        settings.require_typ_at_jwt = false;
        settings.keep_token = true;
        // Spec(2026-07-28, authorization): the fewest that are of use; a challenge asks for more when more is needed.
        settings.scopes_supported = vec![READ.to_owned()];
        settings.scopes = policy::scopes();
        // Remedy 2: what clients ask for begins with what they send as `resource`.
        settings.scope_prefix = format!("{}/", doorway.app_id_uri);
        let (checking, observing) = (shared.clone(), shared.clone());
        let settings = settings
            .with_check(move |claims| checking.trust.check(claims))
            .with_observer(move |request, event| observing.audit.decision(request, event));
        Ok(Self { server: ResourceServer::new(settings)?, shared })
    }

    /// The exchange for a tool that needs Graph. Its token, or why there is none, waits for the tool.
    async fn exchange(&self, request: &mut Parts, rule: &'static Rule) -> Result<(), Box<Response>> {
        let Some(caller) = Caller::of(&request.extensions) else { return Ok(()) };
        // What the tool is going to refuse is asked for in nobody's name.
        if rule.decide(&caller.identity, self.shared.admin_group.as_deref()).is_err() {
            return Ok(());
        }
        if let Some(claims) = self.shared.known_challenge(&caller, rule) {
            self.shared.tell(Event::Challenged, &caller, rule, "the token is known to lack claims");
            return Err(self.server.claims_challenge(&request.extensions, &claims));
        }
        let result = self.shared.exchange(&caller, rule).await;
        let asked = result.as_ref().err().and_then(|error| error.refused()?.claims.as_ref());
        if let Some(claims) = asked {
            self.shared.remember_challenge(&caller, rule, claims);
            return Err(self.server.claims_challenge(&request.extensions, claims));
        }
        request.extensions.insert(Prepared(result));
        Ok(())
    }
}

impl Access for Door {
    fn admit<'a>(&'a self, request: &'a mut Parts) -> BoxFuture<'a, Result<(), Box<Response>>> {
        request.extensions.insert(CorrelationId::random());
        self.server.admit(request)
    }

    fn permit(&self, caller: &Extensions, operation: Operation<'_>) -> Result<(), Box<Response>> {
        self.server.permit(caller, operation)
    }

    fn prepare<'a>(
        &'a self,
        request: &'a mut Parts,
        operation: Operation<'a>,
    ) -> BoxFuture<'a, Result<(), Box<Response>>> {
        async move {
            self.server.prepare(request, operation).await?;
            let rule = match operation {
                Operation { method: "tools/call", name: Some(tool) } => Rule::of(tool),
                _ => None,
            };
            match rule.filter(|rule| !rule.graph.is_empty()) {
                Some(rule) => self.exchange(request, rule).await,
                None => Ok(()),
            }
        }
        .boxed()
    }

    fn routes(&self) -> Router {
        self.server.routes()
    }
}
