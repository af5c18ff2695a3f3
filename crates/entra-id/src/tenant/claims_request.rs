//! The `claims` parameter: what the token has to fulfil, as a refusal or a resource has said (OpenID Connect, section
//! 5.5).

use serde_json::{Value, json};

use super::{errors::EntraError, refusals};

/// Longest parameter, in bytes.
const MAX_BYTES: usize = 4096;
/// The id of the one policy of conditional access.
const POLICY_ID: &str = "f0000000-0000-4000-8000-000000000001";

/// What is asked of the next access token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ClaimsRequest {
    /// A policy or an authentication context: both are fulfilled by a second factor.
    pub(super) second_factor: bool,
    /// The authentication contexts, which the token names.
    pub(super) contexts: Vec<String>,
    /// A sign-in from this time on.
    pub(super) not_before: Option<i64>,
    /// What the client can do, such as `cp1`: it understands claims challenges of resources.
    pub(super) capabilities: Vec<String>,
}

impl ClaimsRequest {
    pub(super) fn read(text: Option<&str>) -> Result<Self, EntraError> {
        let Some(text) = text else { return Ok(Self::default()) };
        let parsed = if text.len() <= MAX_BYTES { serde_json::from_str::<Value>(text).ok() } else { None };
        let parsed =
            parsed.filter(Value::is_object).ok_or_else(|| refusals::malformed("The claims are no JSON object."))?;
        let asked = &parsed["access_token"];
        let contexts = values(&asked["acrs"]);
        Ok(Self {
            second_factor: !values(&asked["capolids"]).is_empty() || !contexts.is_empty(),
            contexts,
            not_before: values(&asked["nbf"]).first().and_then(|time| time.parse().ok()),
            capabilities: values(&asked["xms_cc"]),
        })
    }

    /// What a client has to send next time, because its sign-in is not strong enough: the authentication contexts that it
    /// has asked for, or else what conditional access wants.
    pub(super) fn challenge(&self) -> String {
        let (name, values) = match &self.contexts[..] {
            [] => ("capolids", json!([POLICY_ID])),
            contexts => ("acrs", json!(contexts)),
        };
        json!({"access_token": {name: {"essential": true, "values": values}}}).to_string()
    }

    /// What a client has to send when its sign-in is too old.
    pub(super) fn newer_than(time: i64) -> String {
        json!({"access_token": {"nbf": {"essential": true, "value": time.to_string()}}}).to_string()
    }
}

/// One value or several, a few of them.
fn values(request: &Value) -> Vec<String> {
    let single = request["value"].as_str().map(str::to_owned);
    let several = request["values"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    single.into_iter().chain(several).take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked() {
        assert_eq!(ClaimsRequest::read(None).expect("nothing"), ClaimsRequest::default());
        let policy = ClaimsRequest::read(Some(&ClaimsRequest::default().challenge())).expect("claims");
        assert!(policy.second_factor && policy.contexts.is_empty());
        let contexts =
            ClaimsRequest { contexts: vec!["c1".to_owned()], second_factor: true, ..ClaimsRequest::default() };
        assert_eq!(ClaimsRequest::read(Some(&contexts.challenge())).expect("claims"), contexts);
        assert_eq!(ClaimsRequest::read(Some(&ClaimsRequest::newer_than(7))).expect("claims").not_before, Some(7));
        let capable = ClaimsRequest::read(Some(r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#)).expect("claims");
        assert_eq!((capable.second_factor, capable.capabilities), (false, vec!["cp1".to_owned()]));
        for bad in ["", "[]", "{", &"x".repeat(5000)] {
            assert!(ClaimsRequest::read(Some(bad)).is_err(), "{bad}");
        }
    }
}
