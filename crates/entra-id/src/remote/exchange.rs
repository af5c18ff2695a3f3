//! The caller of a request, and the exchange of the caller's token, with its lines in the audit log.

use http::Extensions;
use mcp_support::auth::{claims_in, token_in};
use secrecy::SecretString;

use super::{
    Shared,
    audit::{About, CorrelationId, Event},
    identity::Identity,
    policy::Rule,
};
use crate::{
    failure::EntraError,
    on_behalf::{Exchange, Exchanged},
};

/// Who has called, with what.
pub(super) struct Caller<'a> {
    pub(super) identity: Identity,
    pub(super) token: &'a SecretString,
    pub(super) correlation_id: &'a str,
}

/// The token for Graph that was fetched at the door, or why there is none. In the extensions of an HTTP request.
#[derive(Clone)]
pub(super) struct Prepared(pub(super) Result<SecretString, EntraError>);

impl<'a> Caller<'a> {
    /// The caller of a request that was let in.
    pub(super) fn of(request: &'a Extensions) -> Option<Self> {
        let identity = Identity::read(&claims_in(request)?.all)?;
        let correlation_id = request.get::<CorrelationId>()?.as_str();
        Some(Self { identity, token: token_in(request)?, correlation_id })
    }

    pub(super) fn exchange<'b>(&'b self, scopes: &'b [String]) -> Exchange<'b> {
        Exchange {
            tenant: &self.identity.tenant,
            user: &self.identity.object_id,
            token: self.token,
            scopes,
            correlation_id: self.correlation_id,
        }
    }
}

impl Shared {
    /// A token for what a tool needs of Graph.
    pub(super) async fn exchange(&self, caller: &Caller<'_>, rule: &Rule) -> Result<SecretString, EntraError> {
        let scopes = self.graph_scopes(rule);
        let result = self.on_behalf.token(&caller.exchange(&scopes)).await;
        match result {
            Ok(Exchanged { token, is_new: false }) => Ok(token),
            Ok(Exchanged { token, is_new: true }) => {
                self.tell(Event::Exchanged, caller, rule, &scopes.join(" "));
                Ok(token)
            }
            Err(error) => Err(self.refused(caller, rule, error)),
        }
    }

    /// Another one, after Graph did not accept the first, with the claims that it asked for.
    pub(super) async fn exchange_again(
        &self,
        caller: &Caller<'_>,
        rule: &Rule,
        claims: Option<&str>,
    ) -> Result<SecretString, EntraError> {
        let scopes = self.graph_scopes(rule);
        let token = self.on_behalf.renewed(&caller.exchange(&scopes), claims).await;
        let token = token.map_err(|error| self.refused(caller, rule, error))?;
        self.tell(Event::Exchanged, caller, rule, "again, because Graph did not accept the first");
        Ok(token)
    }

    /// The claims that a token is known to lack for a tool.
    pub(super) fn known_challenge(&self, caller: &Caller<'_>, rule: &Rule) -> Option<String> {
        self.on_behalf.challenge(&caller.exchange(&self.graph_scopes(rule)))
    }

    /// Remembers that a token is not enough for a tool.
    pub(super) fn remember_challenge(&self, caller: &Caller<'_>, rule: &Rule, claims: &str) {
        self.on_behalf.remember_challenge(&caller.exchange(&self.graph_scopes(rule)), claims);
        self.tell(Event::Challenged, caller, rule, "the token has to fulfil more claims");
    }

    /// A line about this caller's call of a tool.
    pub(super) fn tell(&self, event: Event, caller: &Caller<'_>, rule: &Rule, reason: &str) {
        let about = About {
            identity: Some(&caller.identity),
            correlation_id: caller.correlation_id,
            method: "tools/call",
            tool: Some(rule.tool),
            reason,
        };
        self.audit.write(event, &about);
    }

    fn refused(&self, caller: &Caller<'_>, rule: &Rule, error: EntraError) -> EntraError {
        match &error {
            EntraError::Busy(_) => self.tell(Event::Throttled, caller, rule, "Entra"),
            EntraError::Refused(refused) => {
                let reason = format!("{} AADSTS{}", refused.error, refused.code);
                self.tell(Event::ExchangeRefused, caller, rule, &reason);
            }
            EntraError::Unavailable(_) => self.tell(Event::ExchangeRefused, caller, rule, "unavailable"),
        }
        error
    }

    fn graph_scopes(&self, rule: &Rule) -> Vec<String> {
        rule.graph.iter().map(|scope| format!("{}/{scope}", self.graph_resource)).collect()
    }
}
