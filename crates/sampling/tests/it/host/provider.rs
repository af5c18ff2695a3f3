//! The host with a provider's model behind it: what is sent there, and what is not.

use mcp_support::client::Revision;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::{TEXT, command, hostile, run, stderr, stdout};

/// A chat-completions endpoint that says this.
async fn endpoint(says: &str) -> MockServer {
    let server = MockServer::start().await;
    let answer = json!({
        "model": "big-1", "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": says}}],
        "usage": {"prompt_tokens": 50, "completion_tokens": 8, "total_tokens": 58},
    });
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(answer)).mount(&server).await;
    server
}

/// Runs the host with models at that endpoint.
async fn visit(server: &MockServer, flags: &[&str]) -> anyhow::Result<std::process::Output> {
    let mut command = command(&["--approve", "auto"]);
    command.args(flags).env("MODEL_BASE_URL", format!("{}/v1/", server.uri())).env("MODEL_NAME", "big-1");
    tokio::task::spawn_blocking(move || run(&mut command)).await?
}

async fn bodies(server: &MockServer) -> anyhow::Result<Vec<Value>> {
    let requests = server.received_requests().await.unwrap_or_default();
    requests.iter().map(|request| serde_json::from_slice(&request.body).map_err(Into::into)).collect()
}

#[tokio::test]
async fn no_address_leaves_the_host_and_none_comes_back_unless_asked_for() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let server = endpoint("Write to [email 1].").await;
        let revision = revision.to_string();
        let call = ["--call", "summarize", "--arguments", TEXT, "--revision", &revision, "--without-embedded"];
        let output = visit(&server, &call).await?;
        assert!(stdout(&output).contains("Write to [email 1]."), "{revision}: {output:?}");
        let output = visit(&server, &[&call[..], &["--restore"]].concat()).await?;
        assert!(stdout(&output).contains("Write to ada@example.com."), "{revision}: {output:?}");
        let sent = bodies(&server).await?;
        assert_eq!(sent.len(), 2);
        for body in &sent {
            assert_eq!(body["model"], "big-1", "{body}");
            let text = body.to_string();
            assert!(text.contains("[email 1]") && !text.contains("ada@example.com"), "{revision}: {text}");
        }
        let output = visit(&server, &[&call[..], &["--redact", "off"]].concat()).await?;
        assert!(output.status.success(), "{output:?}");
        assert!(bodies(&server).await?[2].to_string().contains("ada@example.com"));
    }
    Ok(())
}

#[tokio::test]
async fn the_preferences_of_a_server_choose_among_the_models() -> anyhow::Result<()> {
    for (preferences, model) in [
        (json!({"intelligencePriority": 1}), "big-1"),
        (json!({"speedPriority": 1, "costPriority": 0.5}), "quick-1"),
        (json!({"intelligencePriority": 1, "hints": [{"name": "QUICK"}]}), "quick-1"),
        (json!({}), "big-1"),
    ] {
        let folder = tempfile::tempdir()?;
        let mut params = hostile::params("Say hello.");
        params["modelPreferences"] = preferences.clone();
        let asking = hostile::server(&folder, &hostile::asks(&params))?;
        let server = endpoint("Hello.").await;
        let mut flags = hostile::flags(&asking);
        flags.extend(
            ["--without-embedded", "--model", "big-1=0.9,0.2,0.9", "--model", "quick-1=0.3,0.9,0.3"].map(str::to_owned),
        );
        let output = visit(&server, &flags.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        assert!(stdout(&output).contains("Hello."), "{preferences}: {output:?}");
        assert_eq!(bodies(&server).await?[0]["model"], model, "{preferences}");
    }
    Ok(())
}

#[tokio::test]
async fn over_its_cost_a_server_is_told_and_nothing_is_sent() -> anyhow::Result<()> {
    let server = endpoint("Hello.").await;
    let flags = [
        "--without-embedded",
        "--price-per-1000-tokens",
        "2",
        "--cost-per-hour",
        "0.01",
        "--call",
        "summarize",
        "--arguments",
        TEXT,
    ];
    let output = visit(&server, &flags).await?;
    assert!(stderr(&output).contains("over budget: this request costs up to"), "{output:?}");
    assert_eq!(bodies(&server).await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn the_own_server_has_no_way_to_the_provider_but_the_host() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let server = endpoint("Hello.").await;
        let revision = revision.to_string();
        let mut flags = vec!["--revision", &revision, "--without-embedded", "--tokens-per-hour", "10"];
        flags.extend(["--backends", "client,provider,embedded", "--call", "summarize", "--arguments", TEXT]);
        let output = visit(&server, &flags).await?;
        assert!(stderr(&output).contains("over budget"), "{revision}: {output:?}");
        assert_eq!(bodies(&server).await?, Vec::<Value>::new(), "{revision}");
    }
    let output = run(&mut command(&["--backends", "provider", "--call", "summarize", "--arguments", TEXT]))?;
    assert!(stderr(&output).contains("name client or embedded"), "{output:?}");
    Ok(())
}

#[tokio::test]
async fn a_model_that_takes_too_long_is_given_up() -> anyhow::Result<()> {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(std::time::Duration::from_secs(60));
    Mock::given(any()).respond_with(slow).mount(&server).await;
    let output =
        visit(&server, &["--without-embedded", "--timeout", "1", "--call", "summarize", "--arguments", TEXT]).await?;
    assert!(stderr(&output).contains("the model gave no answer"), "{output:?}");
    assert_eq!(output.status.code(), Some(1));
    Ok(())
}
