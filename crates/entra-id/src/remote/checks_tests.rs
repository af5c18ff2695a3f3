use serde_json::json;

use super::*;

const TENANT: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
const OTHER: &str = "f2ba8434-0d21-4ba6-9f5c-6a3df1b0f9a2";
const APP: &str = "2f6c0a1e-71d4-4b8f-b0a6-3e9d5c847b10";
const URL: &str = "https://mcp.example.com/mcp";
const BASE: &str = "http://127.0.0.1:8400";

fn trust() -> Trust {
    let authority = Authority::new(BASE.parse().expect("a URL"), TENANT).expect("a tenant");
    Trust::new(&authority, &[TENANT.to_owned()], APP, vec![URL.to_owned()]).expect("trust")
}

/// What is refused about a sound token with some claims changed; null takes one away.
fn refused(changes: Value) -> Option<&'static str> {
    let mut claims = json!({
        "iss": format!("{BASE}/{TENANT}/v2.0"), "aud": APP, "ver": "2.0", "tid": TENANT, "oid": "o", "sub": "s",
        "azp": "c", "scp": "mcp.tools.read",
    });
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    let claims: Map<String, Value> =
        claims.as_object().expect("an object").clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
    let findings = trust().examine(&claims);
    findings.last().and_then(|finding| finding.refusal)
}

#[test]
fn tokens_of_both_versions() {
    assert_eq!(refused(json!({})), None);
    let v1 = json!({"iss": format!("{BASE}/{TENANT}/"), "aud": URL, "ver": "1.0", "azp": null, "appid": "c"});
    assert_eq!(refused(v1), None);
    let program = json!({"scp": null, "roles": ["Mcp.Tools.Read.All"], "idtyp": "app", "sub": "o"});
    assert_eq!(refused(program), None);
}

#[test]
fn what_is_refused() {
    let v1 = format!("{BASE}/{TENANT}/");
    for (changes, expected) in [
        (json!({"tid": OTHER}), "tenant"),
        (json!({"tid": null}), "tenant"),
        (json!({"iss": format!("{BASE}/{OTHER}/v2.0")}), "issuer"),
        (json!({"iss": v1}), "issuer"),
        (json!({"ver": "1.0"}), "issuer"),
        (json!({"ver": "3.0"}), "issuer"),
        (json!({"ver": null}), "issuer"),
        (json!({"aud": URL}), "audience"),
        (json!({"iss": v1, "ver": "1.0"}), "audience"),
        (json!({"aud": [APP, "other"]}), "audience"),
        (json!({"azp": null}), "ID token"),
        (json!({"azp": null, "scp": null, "nonce": "n"}), "ID token"),
        (json!({"nonce": "n"}), "ID token"),
        (json!({"scp": null}), "neither"),
        (json!({"scp": ""}), "neither"),
        (json!({"scp": null, "roles": ["Mcp.Admin"]}), "neither"),
        (json!({"scp": null, "roles": [], "idtyp": "app"}), "neither"),
        (json!({"scp": null, "roles": [7], "idtyp": "app"}), "neither"),
        (json!({"scp": "User.Read"}), "no scope"),
        (json!({"scp": null, "roles": ["Other.Role"], "idtyp": "app"}), "no scope"),
        (json!({"scp": null, "roles": ["Mcp.Admin"], "idtyp": "app"}), "no scope"),
    ] {
        let said = refused(changes.clone()).unwrap_or_else(|| panic!("let in with {changes}"));
        assert!(said.contains(expected), "{changes}: {said}");
    }
}

#[test]
fn issuers_and_audiences() {
    let trust = trust();
    let issuers: Vec<String> = trust.issuers().expect("addresses").into_iter().map(|trusted| trusted.issuer).collect();
    assert_eq!(issuers, [format!("{BASE}/{TENANT}/v2.0"), format!("{BASE}/{TENANT}/")]);
    assert_eq!(trust.audiences(), [URL, APP]);
}
