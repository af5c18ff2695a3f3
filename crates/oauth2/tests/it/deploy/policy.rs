//! The policy of API Management says the same as the gateway does.

use mcp_support::testing::RawHttp;
use roxmltree::{Document, Node};

use super::file;
use crate::fixture::start;

const ORIGIN: &str = "https://api.example.com";

fn one<'a>(node: Node<'a, 'a>, name: &str) -> Node<'a, 'a> {
    let found: Vec<_> = node.descendants().filter(|node| node.has_tag_name(name)).collect();
    assert_eq!(found.len(), 1, "<{name}>");
    found[0]
}

/// The texts of all elements of a name.
fn texts<'a>(node: Node<'a, 'a>, name: &str) -> Vec<&'a str> {
    node.descendants().filter(|node| node.has_tag_name(name)).filter_map(|node| node.text()).map(str::trim).collect()
}

#[tokio::test]
async fn the_policy_checks_and_answers_as_the_gateway_does() -> anyhow::Result<()> {
    let text = file("policy.xml").replace("{{mcp-public-origin}}", ORIGIN);
    let policy = Document::parse(&text)?;
    let root = policy.root_element();
    let sections: Vec<_> = root.children().filter(Node::is_element).map(|node| node.tag_name().name()).collect();
    assert_eq!(sections, ["inbound", "backend", "outbound", "on-error"]);

    // What the gateway's flags mean, each in the element that they are named after.
    let check = one(one(root, "inbound"), "validate-jwt");
    assert_eq!(check.attribute("header-name"), Some("Authorization"));
    assert_eq!(check.attribute("require-scheme"), Some("Bearer"));
    for name in ["require-expiration-time", "require-signed-tokens"] {
        assert_eq!(check.attribute(name), Some("true"), "{name}");
    }
    assert_eq!(check.attribute("clock-skew"), Some("30"), "as forgiving as the server");
    assert_eq!(one(check, "openid-config").attribute("url"), Some("{{mcp-openid-config}}"));
    assert_eq!(texts(one(check, "issuers"), "issuer"), ["{{mcp-issuer}}"]);
    assert_eq!(texts(one(check, "audiences"), "audience"), [format!("{ORIGIN}/mcp")]);
    let claim = one(one(check, "required-claims"), "claim");
    assert_eq!((claim.attribute("name"), claim.attribute("separator")), (Some("scope"), Some(" ")));
    let scopes = texts(claim, "value");

    // What a client is told, compared with the gateway itself.
    let mut flags = vec!["--public-url", ORIGIN, "--dpop", "off"];
    for scope in &scopes {
        flags.extend(["--required-scope", scope]);
    }
    let gateway = start("gateway", &flags).await?;
    let reply = RawHttp::stateless(&gateway.url)?.post(&serde_json::json!({}), Default::default()).await?;
    let answers: Vec<_> =
        one(root, "on-error").descendants().filter(|node| node.has_tag_name("return-response")).collect();
    let [forbidden, unauthorized] = answers.as_slice() else { panic!("{answers:?}") };
    let said = |answer: &Node<'_, '_>| -> (String, String) {
        let code = answer.descendants().find_map(|node| node.attribute("code")).expect("a status");
        let challenge = answer.descendants().find(|node| node.attribute("name") == Some("WWW-Authenticate"));
        let value = challenge.and_then(|header| header.first_element_child()).and_then(|value| value.text());
        (code.to_owned(), value.expect("a challenge").to_owned())
    };
    let challenge = reply.headers["www-authenticate"].to_str()?.to_owned();
    assert_eq!(said(unauthorized), (reply.status.as_str().to_owned(), challenge.clone()));
    let error = ", error=\"insufficient_scope\", error_description=\"the operation needs more scopes\"";
    assert_eq!(said(forbidden), ("403".to_owned(), challenge + error));

    // Streams go on as they come, within the gateway's patience, and only API Management says where a request comes from.
    let forward = one(one(root, "backend"), "forward-request");
    assert_eq!(forward.attribute("timeout"), Some("150"));
    for name in ["follow-redirects", "buffer-request-body", "buffer-response"] {
        assert_eq!(forward.attribute(name), Some("false"), "{name}");
    }
    let inbound = one(root, "inbound");
    let headers = inbound.descendants().filter(|node| node.has_tag_name("set-header"));
    let headers: Vec<_> = headers.map(|node| (node.attribute("name"), node.attribute("exists-action"))).collect();
    let forwarded = ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"];
    assert_eq!(headers, forwarded.map(|name| (Some(name), Some("override"))));
    assert!(one(inbound, "rate-limit-by-key").attribute("calls").is_some_and(|calls| calls.parse::<u32>().is_ok()));
    assert!(one(inbound, "set-backend-service").attribute("backend-id").is_some(), "one fixed server");
    Ok(())
}
