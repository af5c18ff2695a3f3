//! Who a token speaks of, and in which of the two ways: a person through a client, or a program in its own name.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Which form a token has; the app that it is for chooses (`requestedAccessTokenVersion`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `iss` ends with the tenant, `aud` is an App ID URI, the client is in `appid`.
    V1,
    /// `iss` ends with `/v2.0`, `aud` is the client id, the client is in `azp`.
    V2,
}

/// On whose behalf a token was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A person, through a client: scopes in `scp`.
    Person,
    /// A program in its own name: app roles in `roles`, and no person anywhere.
    Program,
}

/// The groups of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Groups {
    /// These, if the app asks for them at all.
    Listed(BTreeSet<String>),
    /// More than a token holds (200): it says so, and says none. That is no "no groups".
    Overage,
}

/// Whom a verified token speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The form of the token.
    pub version: Version,
    /// Person or program.
    pub kind: Kind,
    /// `tid`.
    pub tenant: String,
    /// `oid`: the person or the program within the tenant, the same for every app.
    pub object_id: String,
    /// `azp` or `appid`: the client that holds the token.
    pub client: String,
    /// `name`, for people to read; never for a decision.
    pub name: Option<String>,
    /// `preferred_username` or `upn`, in the same way.
    pub username: Option<String>,
    /// `scp`.
    pub scopes: BTreeSet<String>,
    /// `roles`.
    pub roles: BTreeSet<String>,
    /// `groups`.
    pub groups: Groups,
}

impl Identity {
    /// Reads the claims of a token. `None` where one that every access token has is missing or malformed.
    pub fn read(claims: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| claims.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let list = |name: &str| words(claims.get(name)?.as_array()?);
        let version = match text("ver")?.as_str() {
            "1.0" => Version::V1,
            "2.0" => Version::V2,
            _ => return None,
        };
        let object_id = text("oid")?;
        let scopes: BTreeSet<String> =
            text("scp").iter().flat_map(|scopes| scopes.split_whitespace()).map(str::to_owned).collect();
        let roles = list("roles").unwrap_or_default();
        // The optional claim `idtyp` says it outright; without it, a program is its own subject.
        let says_app = text("idtyp").is_some_and(|kind| kind == "app");
        let is_program = says_app || (!claims.contains_key("idtyp") && text("sub").as_ref() == Some(&object_id));
        let kind = match (scopes.is_empty(), roles.is_empty(), is_program) {
            (false, _, false) => Kind::Person,
            (true, false, true) => Kind::Program,
            _ => return None,
        };
        Some(Self {
            version,
            kind,
            tenant: text("tid")?,
            object_id,
            client: text(if version == Version::V1 { "appid" } else { "azp" })?,
            name: text("name"),
            username: text("preferred_username").or_else(|| text("upn")),
            scopes,
            roles,
            groups: groups(claims),
        })
    }
}

fn groups(claims: &Map<String, Value>) -> Groups {
    let is_elsewhere = claims.get("_claim_names").is_some_and(|names| names.get("groups").is_some());
    // The implicit flow's tokens say it in another way.
    if is_elsewhere || claims.contains_key("hasgroups") {
        return Groups::Overage;
    }
    Groups::Listed(claims.get("groups").and_then(Value::as_array).and_then(|all| words(all)).unwrap_or_default())
}

/// `None` if one is no text.
fn words(list: &[Value]) -> Option<BTreeSet<String>> {
    list.iter().map(|value| value.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(claims: Value) -> Option<Identity> {
        let mut all = json!({"ver": "2.0", "tid": "t", "oid": "o", "sub": "s", "azp": "c"});
        for (name, value) in claims.as_object().expect("an object") {
            all[name] = value.clone();
        }
        Identity::read(all.as_object().expect("an object"))
    }

    #[test]
    fn person_program_or_neither() {
        let kind = |claims| read(claims).map(|identity| identity.kind);
        assert_eq!(kind(json!({"scp": "a b"})), Some(Kind::Person));
        assert_eq!(kind(json!({"scp": "a", "roles": ["r"]})), Some(Kind::Person), "a person with an app role");
        assert_eq!(kind(json!({"roles": ["r"], "idtyp": "app"})), Some(Kind::Program));
        assert_eq!(kind(json!({"roles": ["r"], "sub": "o"})), Some(Kind::Program), "its own subject");
        assert_eq!(kind(json!({"roles": ["r"]})), None, "an ID token may hold the roles of a person");
        assert_eq!(kind(json!({"idtyp": "app"})), None, "a program that nobody has given anything");
        assert_eq!(kind(json!({"scp": "a", "idtyp": "app"})), None, "both at once");
        assert_eq!(kind(json!({"roles": ["r"], "idtyp": "user", "sub": "o"})), None);
        assert_eq!(kind(json!({})), None);
        assert_eq!(kind(json!({"scp": "a", "azp": ""})), None, "no client");
    }

    #[test]
    fn too_many_groups_are_not_none() {
        let groups = |claims: Value| read(claims).map(|identity| identity.groups);
        let none = Groups::Listed(BTreeSet::new());
        assert_eq!(groups(json!({"scp": "a"})), Some(none));
        assert_eq!(groups(json!({"scp": "a", "groups": ["g"]})), Some(Groups::Listed(["g".to_owned()].into())));
        assert_eq!(groups(json!({"scp": "a", "_claim_names": {"groups": "src1"}})), Some(Groups::Overage));
        assert_eq!(groups(json!({"scp": "a", "hasgroups": true})), Some(Groups::Overage));
    }
}
