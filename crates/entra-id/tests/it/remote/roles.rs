//! What a good token does not allow: app-only where a person is needed, missing roles, groups that nobody knows.

use mcp_support::client::Revision;
use serde_json::{Value, json};

use super::fixture::{ADMINS, BOTH, READ, Running};

fn hint(result: &Value) -> &str {
    assert_eq!(result["isError"], true, "{result}");
    result["content"][0]["text"].as_str().unwrap_or_default()
}

async fn tools(running: &Running, revision: Revision, token: &str) -> anyhow::Result<Vec<String>> {
    let reply = running.request(revision, token, "tools/list", json!({})).await?;
    let tools = reply.answer()["result"]["tools"].as_array().cloned().unwrap_or_default();
    Ok(tools.iter().filter_map(|tool| tool["name"].as_str().map(str::to_owned)).collect())
}

#[tokio::test]
async fn app_only_where_a_person_is_needed() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let token = running.program(&["Mcp.Tools.Read.All"]).sign()?;
    // Not every app asks for the claim that says it outright.
    let plain = running.program(&["Mcp.Tools.Read.All"]).claim("idtyp", Value::Null).sign()?;
    for revision in Revision::ALL {
        for token in [&token, &plain] {
            assert_eq!(tools(&running, revision, token).await?, ["explain_token", "whoami"], "{revision}");
            let who = running.result(revision, token, "whoami").await?;
            assert_eq!(who["structuredContent"]["kind"], "app-only", "{revision}");
            let refused = running.result(revision, token, "get_user_details").await?;
            assert!(hint(&refused).contains("on behalf of a person"), "{revision}: {refused}");
            let scope = running.call(revision, token, "list_my_messages").await?;
            assert_eq!(scope.status, 403, "{revision}: a program has no scope to act");
        }
    }
    assert!(running.fake.state().forms.is_empty(), "a program's token is never exchanged");
    Ok(())
}

#[tokio::test]
async fn a_missing_role_and_groups_that_do_not_fit_the_token() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let plain = running.token("ada", BOTH);
    let admin = running.mint("grace", READ).claim("roles", json!(["Mcp.Admin"])).sign()?;
    let member = running.mint("olive", READ).claim("groups", json!(["x", ADMINS])).sign()?;
    let overage = running.mint("otto", READ).claim("_claim_names", json!({"groups": "src1"}));
    let overage_admin = overage.clone().claim("roles", json!(["Mcp.Admin"])).sign()?;
    let overage = overage.claim("_claim_sources", json!({"src1": {"endpoint": "http://127.0.0.1:1/"}})).sign()?;
    for revision in Revision::ALL {
        let refused = running.result(revision, &plain, "list_users").await?;
        assert!(hint(&refused).contains("app role Mcp.Admin"), "{revision}: {refused}");
        assert!(!tools(&running, revision, &plain).await?.contains(&"list_users".to_owned()));
        let refused = running.result(revision, &overage, "list_users").await?;
        assert!(hint(&refused).contains("too many"), "{revision}: {refused}");
        let who = running.result(revision, &overage, "whoami").await?;
        assert_eq!(who["structuredContent"]["groups"], Value::Null, "unknown is not none: {who}");
        for token in [&admin, &member, &overage_admin] {
            let users = running.result(revision, token, "list_users").await?;
            assert!(users["structuredContent"]["users"][0]["id"].is_string(), "{revision}: {users}");
            assert!(tools(&running, revision, token).await?.contains(&"list_users".to_owned()));
        }
    }
    assert!(running.fake.state().forms.iter().all(|form| form["scope"] == "https://graph.microsoft.com/User.Read.All"));
    let denied = running.audit(|line| line["reason"] == "the token does not name the person's groups").await;
    assert!(denied.iter().any(|line| line["event"] == "denied" && line["oid"] == "otto"), "{denied:?}");
    Ok(())
}

#[tokio::test]
async fn whoami_and_explain_token_show_decisions_and_nothing_to_present() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let mint = running.mint("ada", READ).claim("groups", json!(["g1", "g2"])).claim("secret", "do-not-show");
    let token = mint.sign()?;
    for revision in Revision::ALL {
        let who = running.result(revision, &token, "whoami").await?;
        let structure = &who["structuredContent"];
        assert_eq!((&structure["groups"], &structure["kind"]), (&json!(2), &json!("delegated")), "{revision}");
        let explained = running.result(revision, &token, "explain_token").await?;
        let checks = explained["structuredContent"]["checks"].as_array().cloned().unwrap_or_default();
        assert_eq!(checks.len(), 12, "{explained}");
        assert!(checks.iter().all(|check| check["passed"] == true && check["why"] != ""));
        let tools = explained["structuredContent"]["tools"].as_array().cloned().unwrap_or_default();
        let missing =
            |tool: &str| tools.iter().find(|found| found["tool"] == tool).map(|found| found["missing"].clone());
        assert_eq!(missing("whoami"), Some(Value::Null));
        assert!(missing("list_my_messages").is_some_and(|missing| missing.to_string().contains("mcp.tools.execute")));
        assert!(missing("list_users").is_some_and(|missing| missing.to_string().contains("administrators")));
        for shown in [who, explained] {
            let shown = shown.to_string();
            let parts = token.split('.').any(|part| shown.contains(part));
            assert!(!parts && !shown.contains("do-not-show") && !shown.contains("\"g1\""), "{shown}");
        }
        let bad = json!({"name": "explain_token", "arguments": {"token": "x"}});
        let refused = running.request(revision, &token, "tools/call", bad).await?;
        assert!(refused.text.contains("unknown field `token`"), "no tool takes a token: {}", refused.text);
        let bad = json!({"name": "list_my_messages", "arguments": {"top": 0}});
        let both = running.token("ada", BOTH);
        let refused = running.request(revision, &both, "tools/call", bad).await?;
        assert!(hint(&refused.answer()["result"]).contains("from 1 to 50"), "{}", refused.text);
        let unknown = running.call(revision, &token, "no_such_tool").await?;
        assert_eq!(unknown.answer()["error"]["code"], -32602, "{revision}: {}", unknown.text);
    }
    Ok(())
}
