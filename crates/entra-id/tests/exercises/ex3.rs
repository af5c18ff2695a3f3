//! A claims challenge from a stranger.

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::ex3_claims_challenge::claims;

const CLAIMS: &str = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;

fn challenge(json: &str) -> String {
    format!("Bearer error=\"insufficient_claims\", claims=\"{}\"", BASE64_STANDARD.encode(json))
}

#[test]
fn a_sound_challenge() {
    assert_eq!(claims(&challenge(CLAIMS)).as_deref(), Some(CLAIMS));
    let encoded = BASE64_STANDARD.encode(CLAIMS);
    for header in [
        format!(
            "bearer realm=\"\",authorization_uri=\"https://x\", Error=\"insufficient_claims\",  claims=\"{encoded}\""
        ),
        format!("Bearer claims=\"{encoded}\", error=\"insufficient_claims\""),
    ] {
        assert_eq!(claims(&header).as_deref(), Some(CLAIMS), "{header}");
    }
}

#[test]
fn what_is_no_challenge() {
    let encoded = BASE64_STANDARD.encode(CLAIMS);
    for header in [
        String::new(),
        "Bearer".to_owned(),
        format!("Bearer claims=\"{encoded}\""),
        format!("Bearer error=\"invalid_token\", claims=\"{encoded}\""),
        format!("Basic error=\"insufficient_claims\", claims=\"{encoded}\""),
        format!("Bearer error=\"insufficient_claims\", claims={encoded}"),
        format!("Bearer error=\"insufficient_claims\", claims=\"{encoded}\", claims=\"{encoded}\""),
        format!("Bearer error=\"insufficient_claims\", x=\"claims=\"{encoded}\""),
    ] {
        assert_eq!(claims(&header), None, "{header}");
    }
}

#[test]
fn what_is_not_carried_to_entra() {
    for json in ["", "[]", "7", "no JSON", "{\"a\":1} trailing"] {
        assert_eq!(claims(&challenge(json)), None, "{json}");
    }
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(3000));
    assert_eq!(claims(&challenge(&long)), None, "too long");
    let binary = format!("Bearer error=\"insufficient_claims\", claims=\"{}\"", BASE64_STANDARD.encode([0xff, 0xfe]));
    assert_eq!(claims(&binary), None, "no UTF-8");
    assert_eq!(claims("Bearer error=\"insufficient_claims\", claims=\"!!!\""), None, "no base64");
}
