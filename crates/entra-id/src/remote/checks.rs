//! What a token of Entra has to fulfil besides a good signature. One table: it decides, and `explain_token` shows it.

use std::collections::BTreeMap;

use mcp_support::auth::{Claims, TrustedIssuer};
use serde_json::{Map, Value};

use super::{
    identity::{Identity, Kind, Version},
    policy,
};
use crate::authority::{Authority, AuthorityError};

/// Whom this server trusts, and who it is.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The tenants whose tokens are accepted, by their id.
    tenants: BTreeMap<String, Authority>,
    client_id: String,
    /// Every App ID URI of this server.
    app_id_uris: Vec<String>,
}

/// A rule, and what the token at hand has to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is looked at.
    pub rule: &'static str,
    /// What stands in the token.
    pub found: String,
    /// Why it matters.
    pub why: &'static str,
    /// What the caller is told, where the token does not fulfil it.
    pub refusal: Option<&'static str>,
}

struct Rule {
    name: &'static str,
    claims: &'static [&'static str],
    holds: fn(&Trust, &Map<String, Value>) -> bool,
    why: &'static str,
    refusal: &'static str,
}

/// (3) In this order, and nothing after the first that fails.
const RULES: [Rule; 6] = [
    Rule {
        name: "tenant",
        claims: &["tid"],
        holds: |trust, claims| trust.tenants.contains_key(text(claims, "tid")),
        why: "any tenant can have people who sign in to a multi-tenant app; only those on the list are let in",
        refusal: "the tenant is not on the list of this server",
    },
    Rule {
        name: "issuer and version",
        claims: &["iss", "ver"],
        holds: |trust, claims| trust.expected_issuer(claims).is_some_and(|issuer| issuer == text(claims, "iss")),
        why: "the issuer names the tenant and the version again; a token that mixes two was put together by somebody",
        refusal: "the issuer does not fit the tenant and the version of the token",
    },
    Rule {
        name: "audience and version",
        claims: &["aud", "ver"],
        holds: |trust, claims| match text(claims, "ver") {
            "2.0" => text(claims, "aud") == trust.client_id,
            _ => trust.app_id_uris.iter().any(|uri| uri == text(claims, "aud")),
        },
        why: "version 2 names this app by its id, version 1 by its App ID URI; a token for another API names that",
        refusal: "the audience does not fit the version of the token",
    },
    Rule {
        name: "an access token",
        claims: &["azp", "appid", "nonce"],
        // An ID token says who has signed in, to the client whose id is in `aud`. It has no `azp`, and perhaps a nonce.
        holds: |_, claims| {
            let client = if text(claims, "ver") == "1.0" { "appid" } else { "azp" };
            !text(claims, client).is_empty() && !claims.contains_key("nonce")
        },
        why: "an ID token tells a client who has signed in; it opens no API",
        refusal: "an ID token is no access token",
    },
    Rule {
        name: "delegated or app-only",
        claims: &["scp", "roles", "idtyp"],
        holds: |_, claims| Identity::read(claims).is_some(),
        why: "a person comes with scopes (scp), a program with app roles (roles); what has neither was given nothing",
        refusal: "the token holds neither scopes of a person nor app roles of a program",
    },
    Rule {
        name: "something for this server",
        claims: &["scp", "roles"],
        holds: |_, claims| Identity::read(claims).is_some_and(|identity| !policy::effective(&identity).is_empty()),
        why: "every program of the tenant can get a token for this app; only those with an app role of it may use it",
        refusal: "the token holds no scope and no app role of this server",
    },
];

impl Trust {
    /// Trust in these tenants of an authority.
    ///
    /// # Errors
    /// One is no tenant.
    pub fn new(
        authority: &Authority,
        tenants: &[String],
        client_id: &str,
        app_id_uris: Vec<String>,
    ) -> Result<Self, AuthorityError> {
        let of_tenant = |tenant: &String| Ok((tenant.clone(), authority.of_tenant(tenant)?));
        let tenants = tenants.iter().map(of_tenant).collect::<Result<_, _>>()?;
        Ok(Self { tenants, client_id: client_id.to_owned(), app_id_uris })
    }

    /// Both issuers of each tenant, with the tenant's keys.
    ///
    /// # Errors
    /// An address is none.
    pub fn issuers(&self) -> Result<Vec<TrustedIssuer>, url::ParseError> {
        let mut all = Vec::new();
        for authority in self.tenants.values() {
            for issuer in [authority.issuer(), authority.issuer_v1()] {
                let keys = mcp_support::auth::KeySource::Url(authority.keys().parse()?);
                all.push(TrustedIssuer { issuer, keys });
            }
        }
        Ok(all)
    }

    /// Every `aud` that a token for this server may have, in one version or the other.
    pub fn audiences(&self) -> Vec<String> {
        self.app_id_uris.iter().chain([&self.client_id]).cloned().collect()
    }

    /// The rules, up to the first that is not fulfilled.
    pub fn examine(&self, claims: &Map<String, Value>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for rule in &RULES {
            let refusal = (!(rule.holds)(self, claims)).then_some(rule.refusal);
            findings.push(Finding { rule: rule.name, found: shown(claims, rule.claims), why: rule.why, refusal });
            if refusal.is_some() {
                break;
            }
        }
        findings
    }

    /// The check of the resource server: refuses, or reduces the claims to what counts here.
    ///
    /// # Errors
    /// What is wrong; nothing of the token.
    pub fn check(&self, claims: &mut Claims) -> Result<(), String> {
        if let Some(refusal) = self.examine(&claims.all).iter().find_map(|finding| finding.refusal) {
            return Err(refusal.to_owned());
        }
        let identity = Identity::read(&claims.all).ok_or("the token is incomplete")?;
        claims.scopes = policy::effective(&identity);
        Ok(())
    }

    fn expected_issuer(&self, claims: &Map<String, Value>) -> Option<String> {
        let authority = self.tenants.get(text(claims, "tid"))?;
        match text(claims, "ver") {
            "1.0" => Some(authority.issuer_v1()),
            "2.0" => Some(authority.issuer()),
            _ => None,
        }
    }
}

impl Version {
    /// As it stands in `ver`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V2 => "2.0",
        }
    }
}

impl Kind {
    /// As people say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "delegated",
            Self::Program => "app-only",
        }
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> &'a str {
    claims.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// `tid=...`, for whoever the token speaks of.
fn shown(claims: &Map<String, Value>, names: &[&str]) -> String {
    const MOST: usize = 200;
    let one = |name: &&str| {
        let value = claims.get(*name)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        // A nonce proves something elsewhere.
        let text = if *name == "nonce" { "(there)".to_owned() } else { text };
        Some(format!("{name}={}", text.chars().filter(|letter| !letter.is_control()).take(MOST).collect::<String>()))
    };
    let all: Vec<String> = names.iter().filter_map(one).collect();
    if all.is_empty() { "none of them".to_owned() } else { all.join(", ") }
}

#[cfg(test)]
#[path = "checks_tests.rs"]
mod tests;
