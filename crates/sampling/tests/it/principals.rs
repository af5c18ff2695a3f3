//! The state of a question belongs to one caller, and does not live for ever.

use std::{sync::Arc, time::Duration};

use mcp_sampling::{
    completer::Backend,
    demo::client::{ModelClient, said},
    server::SamplingServer,
    settings::Settings,
};
use mcp_support::{
    ask::Sealer,
    client::Revision,
    harden::{Hardened, Policy},
    serve::Principal,
};
use rmcp::{
    ClientLifecycleMode, ClientServiceExt, ErrorData, RoleClient, RoleServer, ServerHandler, ServiceExt,
    model::*,
    service::{RequestContext, RunningService, ServiceError},
};
use serde_json::json;

/// The handler behind something that authenticates: whatever comes, comes from this principal.
#[derive(Clone)]
struct As(Arc<str>, SamplingServer);

impl ServerHandler for As {
    fn get_info(&self) -> ServerConfig {
        self.1.get_info()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        parts.extensions.insert(Principal(self.0.to_string()));
        context.extensions.insert(parts);
        self.1.call_tool(request, context).await
    }
}

fn server(sealer: Sealer) -> anyhow::Result<SamplingServer> {
    let settings = Settings {
        backends: vec![Backend::Client],
        requests_per_minute: 100_000,
        tokens_per_hour: 100_000,
        state_key: None,
        provider: Default::default(),
    };
    SamplingServer::with_sealer(&settings, sealer)
}

async fn client(server: &SamplingServer, name: &str) -> anyhow::Result<RunningService<RoleClient, ModelClient>> {
    let (near, far) = tokio::io::duplex(1 << 20);
    let handler = Hardened::new(As(name.into(), server.clone()), Policy::default()).instance();
    tokio::spawn(async move { handler.serve(far).await?.waiting().await.map_err(anyhow::Error::from) });
    let lifecycle = ClientLifecycleMode::Discover { preferred_versions: vec![Revision::Modern.version()] };
    Ok(ModelClient::who_says("x").serve_with_lifecycle(near, lifecycle).await?)
}

fn params() -> CallToolRequestParams {
    let arguments = json!({"text": "The disk was full."});
    CallToolRequestParams::new("summarize").with_arguments(arguments.as_object().cloned().unwrap_or_default())
}

/// The state of the first round.
async fn asked(client: &RunningService<RoleClient, ModelClient>) -> anyhow::Result<String> {
    match client.call_tool_once(params()).await? {
        CallToolResponse::InputRequired(required) => Ok(required.request_state.unwrap_or_default()),
        other => anyhow::bail!("not asked: {other:?}"),
    }
}

/// The second round: whether it was answered, or the error.
async fn answered(client: &RunningService<RoleClient, ModelClient>, state: &str) -> Result<bool, ErrorData> {
    let mut params = params();
    params.request_state = Some(state.to_owned());
    let answer = serde_json::to_value(said("Full disk.")).unwrap_or_default();
    params.input_responses = Some([("summary".to_owned(), answer)].into_iter().collect());
    match client.call_tool_once(params).await {
        Ok(CallToolResponse::Complete(result)) => Ok(result.is_error != Some(true)),
        Ok(other) => panic!("neither an answer nor an error: {other:?}"),
        Err(ServiceError::McpError(error)) => Err(error),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_state_is_worth_nothing_to_somebody_else() -> anyhow::Result<()> {
    let server = server(Sealer::random())?;
    let (ann, eve) = (client(&server, "ann").await?, client(&server, "eve").await?);
    let state = asked(&ann).await?;
    let refused = answered(&eve, &state).await.expect_err("another principal");
    assert_eq!(refused.code.0, -32602, "{refused:?}");
    assert_eq!(answered(&ann, &state).await, Ok(true), "its owner's answer still counts");
    Ok(())
}

#[tokio::test]
async fn a_state_expires() -> anyhow::Result<()> {
    let server = server(Sealer::random().with_life(Duration::from_millis(1)))?;
    let ann = client(&server, "ann").await?;
    // An answer that is quicker than a millisecond may still count.
    for _ in 0..1000 {
        let state = asked(&ann).await?;
        tokio::task::yield_now().await;
        if let Err(refused) = answered(&ann, &state).await {
            assert_eq!(refused.code.0, -32602, "{refused:?}");
            assert!(refused.message.contains("expired"), "{refused:?}");
            return Ok(());
        }
    }
    panic!("no state has expired");
}
