//! The small Graph.

use mcp_entra_id::{
    graph::Graph,
    tenant::{Control, known},
};
use serde_json::{Value, json};

use super::fixture::{Running, SERVER_URL};

/// A token for Graph of the server, on behalf of `user`.
async fn token(running: &Running, user: &str) -> anyhow::Result<String> {
    let host = running.signed_in(user).await?;
    Ok(running.on_behalf_of(&host.text("access_token"), &[]).await?.text("access_token"))
}

fn names(page: &Value) -> Vec<&str> {
    page["value"].as_array().expect("a list").iter().filter_map(|user| user["displayName"].as_str()).collect()
}

#[tokio::test]
async fn a_profile() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let token = token(&running, known::ADA).await?;
    let me = running.get("/graph/v1.0/me", Some(&token)).await?;
    assert_eq!((&me.body["jobTitle"], &me.body["mail"]), (&json!("Bridge engineer"), &json!(known::ADA)));
    assert!(me.body.get("department").is_none(), "not without being asked for");
    let chosen = running.get("/graph/v1.0/me?$select=displayName,department", Some(&token)).await?;
    assert_eq!(chosen.body["department"], "Engineering");
    assert!(chosen.body.get("mail").is_none(), "{chosen:?}");
    let unknown = running.get("/graph/v1.0/me?$select=password", Some(&token)).await?;
    assert_eq!((unknown.status.as_u16(), &unknown.body["error"]["code"]), (400, &json!("BadRequest")));
    let nothing = running.get("/graph/v1.0/planets", Some(&token)).await?;
    assert!(nothing.status == 400 && nothing.body["error"]["message"].to_string().contains("planets"), "{nothing:?}");
    Ok(())
}

#[tokio::test]
async fn lists_in_pages() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let token = token(&running, known::GRACE).await?;
    let mut next = Some("/graph/v1.0/users?$top=5&$select=displayName".to_owned());
    let (mut all, mut pages) = (Vec::new(), 0);
    while let Some(path) = next {
        let page = running.get(&path, Some(&token)).await?.body;
        all.extend(names(&page).into_iter().map(str::to_owned));
        next = page["@odata.nextLink"].as_str().map(|link| link.trim_start_matches(&running.at("")).to_owned());
        pages += 1;
    }
    assert_eq!((pages, all.len()), (3, 13), "nobody of the other tenant: {all:?}");
    let some = running.get("/graph/v1.0/users?$filter=department eq 'Audit'", Some(&token)).await?;
    assert_eq!(names(&some.body), ["Ivan Holt", "Otto Marsh"]);

    let mail =
        running.get("/graph/v1.0/me/messages?$filter=isRead eq false&$select=subject,from", Some(&token)).await?;
    let messages = mail.body["value"].as_array().expect("a list");
    assert_eq!(messages[0]["from"]["emailAddress"]["address"], "ben@meadow.example");
    assert!(messages.len() == 3 && messages[0].get("body").is_none(), "{mail:?}");
    let all = running.get("/graph/v1.0/me/messages", Some(&token)).await?;
    assert_eq!(all.body["value"].as_array().map(Vec::len), Some(10));
    assert!(all.body["@odata.nextLink"].as_str().expect("a link").ends_with("/me/messages?%24skip=10"));
    Ok(())
}

#[tokio::test]
async fn permissions_count() -> anyhow::Result<()> {
    let running = Running::start_with(|settings| settings.admin_consent = vec!["User.Read".to_owned()]).await?;
    let little = token(&running, known::ADA).await?;
    for (path, code) in [
        ("/graph/v1.0/me/messages", "ErrorAccessDenied"),
        ("/graph/v1.0/users", "Authorization_RequestDenied"),
        ("/graph/v1.0/users/grace@meadow.example", "Authorization_RequestDenied"),
    ] {
        let denied = running.get(path, Some(&little)).await?;
        assert_eq!((denied.status.as_u16(), denied.body["error"]["code"].as_str()), (403, Some(code)), "{path}");
    }
    let app = running.daemon(&[("scope", super::fixture::GRAPH_DEFAULT)]).await?.text("access_token");
    assert_eq!(running.get("/graph/v1.0/users", Some(&app)).await?.status, 403);
    assert_eq!(running.get("/graph/v1.0/me", Some(&app)).await?.status, 400, "an app is nobody");
    Ok(())
}

#[tokio::test]
async fn other_tokens_are_none() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let host = running.signed_in(known::ADA).await?;
    let graph = token(&running, known::ADA).await?;
    for (what, token) in [
        ("none", None),
        ("nonsense", Some("nonsense".to_owned())),
        ("the server's", Some(host.text("access_token"))),
        ("an id token", Some(host.text("id_token"))),
        ("a changed one", Some(format!("{graph}x"))),
    ] {
        let refused = running.get("/graph/v1.0/me", token.as_deref()).await?;
        assert_eq!(refused.status, 401, "{what}");
        assert_eq!(refused.body["error"]["code"], "InvalidAuthenticationToken", "{what}");
        assert!(refused.body["error"]["innerError"]["request-id"].is_string(), "{what}");
    }
    running.clock.advance(3600);
    assert_eq!(running.get("/graph/v1.0/me", Some(&graph)).await?.status, 401, "expired");
    Ok(())
}

#[tokio::test]
async fn too_many_requests() -> anyhow::Result<()> {
    let running = Running::start_with(|settings| settings.graph_requests = 3).await?;
    let token = token(&running, known::ADA).await?;
    for _ in 0..3 {
        assert_eq!(running.get("/graph/v1.0/me", Some(&token)).await?.status, 200);
    }
    let id = "0f7c7d5e-6a3b-4f5e-9d8c-1b2a3c4d5e6f";
    let request = running.http.get(running.at("/graph/v1.0/me")).bearer_auth(&token).header("client-request-id", id);
    let refused = request.send().await?;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"10".parse()?));
    assert_eq!(refused.headers()["client-request-id"], id);
    running.clock.advance(10);
    assert_eq!(running.get("/graph/v1.0/me", Some(&token)).await?.status, 200);

    running.tenant.control(Control::Throttle { requests: 1, retry_after: Some(7), status: 503 }).await?;
    let refused = running.http.get(running.at("/graph/v1.0/me")).bearer_auth(&token).send().await?;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"7".parse()?));
    assert_eq!(running.tenant.control(Control::GraphRequests {}).await?, json!({"requests": 6}));
    Ok(())
}

#[tokio::test]
async fn groups_that_no_token_holds() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let host = running.signed_in(known::OTTO).await?;
    let claims = host.claims();
    assert!(claims.get("groups").is_none(), "{claims}");
    assert_eq!(claims["_claim_names"], json!({"groups": "src1"}));
    let endpoint = claims["_claim_sources"]["src1"]["endpoint"].as_str().expect("a place to ask");
    let graph = running.on_behalf_of(&host.text("access_token"), &[]).await?.text("access_token");
    for url in [endpoint, &running.at("/graph/v1.0/me/getMemberObjects")] {
        let request = running.http.post(url).bearer_auth(&graph).json(&json!({"securityEnabledOnly": true}));
        let groups = super::fixture::answer(request).await?;
        assert_eq!(groups.body["value"].as_array().map(Vec::len), Some(240), "{groups:?}");
    }
    let page = running.get("/graph/v1.0/me/memberOf?$select=id", Some(&graph)).await?;
    assert_eq!(page.body["value"].as_array().map(Vec::len), Some(100));
    assert!(page.body["@odata.nextLink"].is_string());
    Ok(())
}

#[tokio::test]
async fn userinfo_and_tokens_of_version_1() -> anyhow::Result<()> {
    let running = Running::start_with(|settings| settings.server_token_version = 1).await?;
    let openid = [("scope", "openid profile")];
    let code = running.code(known::ADA, &openid).await?;
    let token = running.exchange(&code, &[]).await?.text("access_token");
    assert_eq!(running.get("/oidc/userinfo", Some(&token)).await?.text("name"), "Ada Brook");

    let scope = format!("{SERVER_URL}/{}", known::SCOPE_READ);
    let code = running.code(known::ADA, &[("scope", &scope)]).await?;
    let claims = running.exchange(&code, &[]).await?.claims();
    assert_eq!((&claims["aud"], &claims["ver"]), (&json!(SERVER_URL), &json!("1.0")));
    assert_eq!(claims["iss"], running.at(&format!("/{}/", known::TENANT_ID)));
    assert_eq!((&claims["appid"], &claims["upn"]), (&json!(known::HOST_APP), &json!(known::ADA)));
    Ok(())
}

#[tokio::test]
async fn the_lessons_own_client_gets_along_with_it() -> anyhow::Result<()> {
    let running = Running::start().await?;
    let token = token(&running, known::ADA).await?.into();
    let graph = Graph::new(running.tenant.graph_url())?;
    let me = serde_json::to_value(graph.me(&token).await?)?;
    assert!(me.to_string().contains("Ada Brook"), "{me}");
    let messages = graph.my_messages(&token, 12).await?;
    assert_eq!((messages.len(), graph.users(&token, 100).await?.len()), (12, 13));
    Ok(())
}
