//! An app in its own name: its token holds app roles and nobody's scopes.

use serde_json::{Value, json};

use super::{
    super::{
        Service,
        directory::Segment,
        errors::EntraError,
        refusals,
        scopes::{Scopes, Wanted},
        tokens::{Proof, Subject},
    },
    Client,
};

impl Service {
    pub(in super::super) fn client_credentials(
        &self,
        segment: Segment,
        client: Client<'_>,
        scope: &str,
        resource: Option<&str>,
        capabilities: &[String],
    ) -> Result<Value, EntraError> {
        // Nobody signs in, so nothing says which tenant is meant.
        let Segment::Of(tenant) = segment else { return Err(refusals::no_tenant()) };
        if client.proof == Proof::None {
            return Err(refusals::no_credential());
        }
        let wanted = Wanted::read(&self.shared.directory, client.app, tenant.name, scope)?;
        if wanted.scopes != Scopes::Consented {
            return Err(refusals::not_default(scope));
        }
        wanted.check_resource(resource)?;
        let subject = Subject { tenant, client: client.app, proof: client.proof, wanted: &wanted, capabilities };
        let token = self.app_token(&subject).map_err(|error| EntraError::internal("signing a token", error))?;
        let seconds = self.access_seconds();
        Ok(json!({
            "token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token,
        }))
    }
}
