//! Why a token was let in. No tool takes a token: a model that is asked for one has been asked by somebody else.

use mcp_support::auth::Claims;

use super::{
    super::{
        Shared,
        identity::Identity,
        policy::{READ, RULES, Rule},
    },
    answers::{Check, Explanation, Use},
};

/// What the resource server has looked at before, in its order.
fn before(shared: &Shared, claims: &Claims) -> Vec<Check> {
    let date =
        |name: &str| claims.all.get(name).map_or_else(|| "none".to_owned(), |seconds| format!("{name}={seconds}"));
    let of = |check, found: String, why| Check { check, found, why, passed: true };
    vec![
        of(
            "where it came",
            "the Authorization header, once".to_owned(),
            "a token in the query ends up in logs, and two headers can be read in two ways",
        ),
        of(
            "algorithm",
            "RS256, the only one that is accepted".to_owned(),
            "the token must not choose: with `none` or HS256 and the public key, anybody could sign",
        ),
        of(
            "issuer",
            claims.issuer.clone(),
            "only issuers of allowed tenants are known, and their keys are looked up there",
        ),
        of(
            "audience",
            format!("accepted: {}", shared.trust.audiences().join(", ")),
            "a token that was issued for another API, such as Graph, is not this server's to use",
        ),
        of(
            "dates",
            [date("nbf"), date("iat"), date("exp")].join(", "),
            "a token that leaks is good for an hour at most; clocks may differ by 30 s",
        ),
        of(
            "signature",
            "by a key that the issuer publishes, fetched again when it rotates".to_owned(),
            "only Entra can have written these claims",
        ),
    ]
}

/// Explains the caller's own token.
pub(super) fn explain(shared: &Shared, identity: &Identity, claims: &Claims) -> Explanation {
    let mut checks = before(shared, claims);
    checks.extend(shared.trust.examine(&claims.all).into_iter().map(|finding| Check {
        check: finding.rule,
        found: finding.found,
        why: finding.why,
        passed: finding.refusal.is_none(),
    }));
    let tools = RULES.iter().map(|rule| usable(shared, identity, claims, rule)).collect();
    Explanation { checks, tools }
}

fn usable(shared: &Shared, identity: &Identity, claims: &Claims, rule: &Rule) -> Use {
    let scope = [READ, rule.scope].into_iter().find(|scope| !claims.scopes.contains(*scope));
    let missing = match scope {
        Some(scope) => Some(format!("the scope {scope} is missing")),
        None => rule.decide(identity, shared.admin_group.as_deref()).err().map(|denial| denial.to_string()),
    };
    Use { tool: rule.tool, allowed: missing.is_none(), missing }
}
