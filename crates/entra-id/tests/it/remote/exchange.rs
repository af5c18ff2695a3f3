//! On behalf of: one exchange for many, nobody's token for somebody else, and Entra's demands passed on.

use base64::{Engine, prelude::BASE64_STANDARD};
use mcp_support::client::Revision;
use serde_json::{Value, json};

use super::{
    fake::Exchanging,
    fixture::{APP, BOTH, PARTNER, READ, Running, SECRET, TENANT, challenge},
};

const CLAIMS: &str = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"}}}"#;

fn interaction_required(claims: Option<&str>) -> Value {
    json!({
        "error": "interaction_required", "error_codes": [50076], "claims": claims,
        "error_description": "AADSTS50076: You must use multi-factor authentication. Trace ID: x",
        "correlation_id": "8a0d5e11-9d50-4a2c-8d2c-5dcb1b3b3a53",
    })
}

#[tokio::test]
async fn the_wire_of_an_exchange_and_nothing_of_the_callers_token_to_graph() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let token = running.token("ada", BOTH);
    for revision in Revision::ALL {
        let details = running.result(revision, &token, "get_user_details").await?;
        assert_eq!(details["structuredContent"]["display_name"], "User ada", "{revision}: {details}");
        let messages = running.result(revision, &token, "list_my_messages").await?;
        assert_eq!(messages["structuredContent"]["messages"][0]["from"], "sender@example.com", "{revision}");
    }
    let id = {
        let state = running.fake.state();
        assert_eq!(state.forms.len(), 2, "one for each permission; the second revision finds them kept");
        let form = &state.forms[0];
        for (name, value) in [
            ("(tenant)", TENANT),
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("requested_token_use", "on_behalf_of"),
            ("client_id", APP),
            ("client_secret", SECRET),
            ("assertion", &token),
            ("scope", "https://graph.microsoft.com/User.Read"),
        ] {
            assert_eq!(form.get(name).map(String::as_str), Some(value), "{name}");
        }
        assert_eq!(state.forms[1]["scope"], "https://graph.microsoft.com/Mail.Read", "no more than the tool needs");
        assert_eq!(state.asked.len(), 4);
        for (_, target, headers, _) in &state.asked {
            let all = format!("{target} {headers:?}");
            assert!(!token.split('.').any(|part| all.contains(part)), "the caller's token went to Graph");
            assert!(headers["authorization"].to_str()?.starts_with("Bearer graph.ada."));
        }
        // One id leads through everything.
        let id = form["client-request-id"].clone();
        assert_eq!(state.asked[0].2["client-request-id"].to_str()?, id);
        id
    };
    let lines = running.audit(|line| line["event"] == "exchanged").await;
    let of_id: Vec<&Value> =
        lines.iter().filter(|line| line["correlation_id"] == *id).map(|line| &line["event"]).collect();
    assert_eq!(of_id, ["admitted", "exchanged"], "{lines:?}");
    let written = running.written();
    assert!(!written.contains(&token) && !written.contains("graph.ada.") && !written.contains(SECRET), "in no log");
    Ok(())
}

#[tokio::test]
async fn many_calls_of_one_person_exchange_once() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let token = running.token("ada", READ);
    let calls = (0..40).map(|number| running.result(Revision::ALL[number % 2], &token, "get_user_details"));
    for result in futures::future::join_all(calls).await {
        assert_eq!(result?["structuredContent"]["id"], "ada");
    }
    assert_eq!(running.fake.state().forms.len(), 1);
    Ok(())
}

#[tokio::test]
async fn anothers_entry_is_never_served() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let partner = |oid: &str| {
        let issuer = format!("{}/{PARTNER}/v2.0", running.fake.origin);
        running.mint(oid, READ).claim("iss", issuer).claim("tid", PARTNER).sign()
    };
    // Two people with the same scopes, one of them with the same object id in another tenant, and a second token of
    // the first.
    let tokens =
        [running.token("ada", READ), running.token("grace", READ), partner("ada")?, running.token("ada", READ)];
    for _ in 0..2 {
        for (token, whose) in tokens.iter().zip(["ada", "grace", "ada", "ada"]) {
            for revision in Revision::ALL {
                let details = running.result(revision, token, "get_user_details").await?;
                assert_eq!(details["structuredContent"]["id"], whose);
            }
        }
    }
    let state = running.fake.state();
    let tenants: Vec<&str> = state.forms.iter().map(|form| form["(tenant)"].as_str()).collect();
    assert_eq!(tenants, [TENANT, TENANT, PARTNER, TENANT], "one exchange for each token, in its own tenant");
    let assertions: Vec<&String> = state.forms.iter().map(|form| &form["assertion"]).collect();
    assert_eq!(assertions, tokens.iter().collect::<Vec<_>>());
    Ok(())
}

#[tokio::test]
async fn an_entry_is_gone_before_its_token_ends() -> anyhow::Result<()> {
    let running = Running::start().await?;
    running.fake.state().exchanging = Exchanging::Token(4);
    let token = running.token("ada", READ);
    running.result(Revision::Modern, &token, "get_user_details").await?;
    running.result(Revision::Modern, &token, "get_user_details").await?;
    assert_eq!(running.fake.state().forms.len(), 1);
    tokio::time::sleep(std::time::Duration::from_millis(3400)).await;
    running.result(Revision::Modern, &token, "get_user_details").await?;
    assert_eq!(running.fake.state().forms.len(), 2, "asked for again after eight tenths of its life");
    Ok(())
}

#[tokio::test]
async fn a_kept_token_outlasts_the_process_where_a_folder_is_set() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("cache");
    let settings = [("ENTRA_CLIENT_SECRET", SECRET), ("ENTRA_TOKEN_CACHE", path.to_str().expect("a path"))];
    let mut running = Running::start_with(&settings).await?;
    let token = running.token("ada", READ);
    running.result(Revision::Modern, &token, "get_user_details").await?;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&path)? {
        let entry = entry?.path();
        let bytes = std::fs::read(&entry)?;
        assert!(!bytes.windows(6).any(|part| part == b"graph."), "{} holds a token in clear", entry.display());
        files.push(entry.extension().is_some());
    }
    files.sort_unstable();
    assert_eq!(files, [false, true], "the key and one token");
    running.restart().await?;
    running.result(Revision::Modern, &token, "get_user_details").await?;
    assert_eq!(running.fake.state().forms.len(), 1, "it was kept");
    running.result(Revision::Modern, &running.token("grace", READ), "get_user_details").await?;
    assert_eq!(running.fake.state().forms.len(), 2, "and not for anybody else");
    // Another key: nothing opens, and everything is asked for again.
    let key = std::fs::read_dir(&path)?.filter_map(Result::ok).find(|entry| entry.path().extension().is_none());
    std::fs::write(key.expect("a key").path(), [7; 32])?;
    running.restart().await?;
    let result = running.result(Revision::Modern, &token, "get_user_details").await?;
    assert_eq!(result["structuredContent"]["id"], "ada");
    assert_eq!(running.fake.state().forms.len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_claims_challenge_of_entra_is_a_401_before_the_answer_begins() -> anyhow::Result<()> {
    let running = Running::start().await?;
    running.fake.state().exchanging = Exchanging::Refused(interaction_required(Some(CLAIMS)));
    let token = running.token("mia", READ);
    for revision in Revision::ALL {
        let reply = running.call(revision, &token, "get_user_details").await?;
        let words = challenge(&reply);
        assert_eq!(reply.status, 401, "{revision}: {}", reply.text);
        assert!(words.contains("error=\"insufficient_claims\"") && words.contains("resource_metadata="), "{words}");
        let claims = words.split("claims=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("claims");
        assert_eq!(BASE64_STANDARD.decode(claims)?, CLAIMS.as_bytes());
        assert_eq!(running.call(revision, &token, "whoami").await?.status, 200, "other tools go on");
    }
    assert_eq!(running.fake.state().forms.len(), 1, "Entra was asked once; the second 401 is from memory");
    let both = running.call(Revision::Modern, &running.token("mia", BOTH), "list_my_messages").await?;
    assert_eq!((both.status.as_u16(), running.fake.state().forms.len()), (401, 2), "another token is asked for");
    let lines = running.audit(|line| line["event"] == "challenged").await;
    assert!(
        lines
            .iter()
            .any(|line| line["event"] == "exchange_refused" && line["reason"] == "interaction_required AADSTS50076")
    );
    assert!(lines.iter().any(|line| line["event"] == "challenged" && line["oid"] == "mia"));
    Ok(())
}

#[tokio::test]
async fn other_refusals_of_entra_are_results_with_a_hint() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let consent = json!({"error": "invalid_grant", "error_codes": [65001], "suberror": "consent_required",
        "error_description": "AADSTS65001: The user or administrator has not consented."});
    let secret = json!({"error": "invalid_client", "error_codes": [7_000_215],
        "error_description": "AADSTS7000215: Invalid client secret provided."});
    for (body, hint) in [
        (consent, "Grant admin consent"),
        (interaction_required(None), "sign in again"),
        (secret, "tell the operator"),
        (json!("no object"), "try again"),
    ] {
        running.fake.state().exchanging = Exchanging::Refused(body);
        for revision in Revision::ALL {
            let result = running.result(revision, &running.token("ada", READ), "get_user_details").await?;
            assert_eq!(result["isError"], true, "{revision}");
            assert!(result["content"][0]["text"].as_str().is_some_and(|text| text.contains(hint)), "{hint}: {result}");
        }
    }
    running.fake.state().exchanging = Exchanging::Busy;
    let result = running.result(Revision::Modern, &running.token("ada", READ), "get_user_details").await?;
    assert!(result.to_string().contains("try again in 7 s"), "{result}");
    let asked = running.fake.state().forms.len();
    let result = running.result(Revision::Legacy, &running.token("grace", READ), "get_user_details").await?;
    assert!(result.to_string().contains("try again in"), "{result}");
    assert_eq!(running.fake.state().forms.len(), asked, "nobody asks while the limit holds");
    let told = |line: &Value| line["event"] == "throttled" && line["reason"] == "Entra";
    assert!(running.audit(told).await.iter().any(told));
    Ok(())
}
