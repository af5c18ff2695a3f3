//! What this client tells Entra that it can do: fulfil a claims challenge that comes from the resource, at any time
//! (continuous access evaluation). Without this, Graph never sends one, and a revoked sign-in lives on for an hour.

use serde_json::{Value, json};

/// The capability, by Microsoft's name.
const CLAIMS_CHALLENGES: &str = "cp1";

/// The `claims` parameter of a request for tokens: what the challenge asks for, if there is one, and the capability.
pub fn claims(challenge: Option<&str>) -> String {
    let challenge = challenge.and_then(|challenge| serde_json::from_str::<Value>(challenge).ok());
    let mut claims = challenge.filter(Value::is_object).unwrap_or_else(|| json!({}));
    if !claims["access_token"].is_object() {
        claims["access_token"] = json!({});
    }
    claims["access_token"]["xms_cc"] = json!({ "values": [CLAIMS_CHALLENGES] });
    claims.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_goes_along_as_it_is() {
        let capable = json!({"values": ["cp1"]});
        let read = |challenge| serde_json::from_str::<Value>(&claims(challenge)).expect("JSON");
        assert_eq!(read(None), json!({"access_token": {"xms_cc": capable}}));
        assert_eq!(read(Some("no JSON")), read(None));
        let challenge = r#"{"access_token": {"nbf": {"essential": true, "value": "7"}}, "id_token": {"x": null}}"#;
        let nbf = json!({"essential": true, "value": "7"});
        let expected = json!({"access_token": {"nbf": nbf, "xms_cc": capable}, "id_token": {"x": null}});
        assert_eq!(read(Some(challenge)), expected);
    }
}
