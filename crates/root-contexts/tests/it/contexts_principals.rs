//! Somebody else gets, byte for byte, what a handle gets that does not exist: from every tool and every resource.

use std::sync::Arc;

use mcp_root_contexts::{
    contexts::{
        DAY_MS,
        clock::{Clock, ManualClock, SystemClock},
    },
    server::RootContexts,
    settings::Settings,
};
use mcp_support::{
    changes::Changes,
    client::{Recorder, Revision},
    serve::Principal,
};
use rmcp::{
    ClientServiceExt, ErrorData, RoleClient, RoleServer, ServerHandler, ServiceExt,
    model::*,
    service::{RequestContext, RunningService, ServiceError},
};
use serde_json::{Value, json};

/// The handler behind something that authenticates: whatever comes, comes from this principal.
#[derive(Clone)]
struct As(Arc<str>, RootContexts);

impl As {
    fn named(&self, mut context: RequestContext<RoleServer>) -> RequestContext<RoleServer> {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        parts.extensions.insert(Principal(self.0.to_string()));
        context.extensions.insert(parts);
        context
    }
}

impl ServerHandler for As {
    fn get_info(&self) -> ServerConfig {
        self.1.get_info()
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.1.list_tools(request, self.named(context)).await
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.1.call_tool(request, self.named(context)).await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        self.1.list_resources(request, self.named(context)).await
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.1.read_resource(request, self.named(context)).await
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.1.get_prompt(request, self.named(context)).await
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        self.1.complete(request, self.named(context)).await
    }
}

type Client = RunningService<RoleClient, Recorder>;

async fn client(server: &RootContexts, name: &str, revision: Revision) -> anyhow::Result<Client> {
    let (near, far) = tokio::io::duplex(1 << 20);
    let handler = As(name.into(), server.clone());
    tokio::spawn(async move { handler.serve(far).await?.waiting().await.map_err(anyhow::Error::from) });
    Ok(Recorder::default().serve_with_lifecycle(near, revision.lifecycle()).await?)
}

fn server() -> anyhow::Result<RootContexts> {
    server_at(Arc::new(SystemClock))
}

fn server_at(clock: Arc<dyn Clock>) -> anyhow::Result<RootContexts> {
    let settings = Settings {
        allow_dirs: Vec::new(),
        allow_dir_list: None,
        data: None,
        secret_key: Some("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=".into()),
        state_key: None,
        model: Default::default(),
    };
    RootContexts::with_clock(&settings, Changes::default(), clock)
}

/// What came back, as one text, with the handle taken out.
fn shown<T: serde::Serialize>(result: Result<T, ServiceError>, id: &str) -> String {
    let text = match result {
        Ok(result) => serde_json::to_string(&result).expect("JSON"),
        Err(ServiceError::McpError(error)) => serde_json::to_string(&error).expect("JSON"),
        Err(other) => panic!("{other}"),
    };
    text.replace(id, "ID")
}

async fn call(client: &Client, tool: &str, arguments: Value) -> Result<CallToolResult, ServiceError> {
    let Value::Object(arguments) = arguments else { panic!("no object") };
    client.call_tool(CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments)).await
}

/// Every tool that takes a handle, with arguments that would work for the owner.
fn calls(id: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("append_message", json!({"context_id": id, "role": "user", "content": "hello"})),
        ("get_context", json!({"context_id": id})),
        ("get_context", json!({"context_id": id, "include_secrets": true})),
        ("update_context_metadata", json!({"context_id": id, "version": 1, "set": {"a": "b"}})),
        ("update_context_metadata", json!({"context_id": id, "version": 9, "set_secret": {"iban": "b"}})),
        ("search_contexts", json!({"context_id": id, "query": "refund"})),
        ("summarize_context", json!({"context_id": id})),
        ("archive_context", json!({"context_id": id})),
        ("restore_context", json!({"context_id": id})),
        ("share_context", json!({"context_id": id, "principal": "zoe", "access": "writer"})),
        ("export_context", json!({"context_id": id, "format": "json"})),
        ("export_context", json!({"context_id": id, "include_secrets": true})),
        ("delete_context", json!({"context_id": id})),
    ]
}

#[tokio::test]
async fn a_stranger_cannot_tell_a_context_from_none() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let server = server()?;
        let (ann, eve) = (client(&server, "ann", revision).await?, client(&server, "eve", revision).await?);
        let arguments =
            json!({"name": "Refund of Acme", "metadata": {"customer": "Acme"}, "secret_metadata": {"iban": "DE02"}});
        let made = call(&ann, "create_context", arguments).await?;
        let id = made.structured_content.expect("a structure")["context"]["context_id"]
            .as_str()
            .expect("a handle")
            .to_owned();
        let message = json!({"context_id": id, "role": "user", "content": "We decided on the refund."});
        assert_ne!(call(&ann, "append_message", message).await?.is_error, Some(true));
        let none = "0123456789abcdef0123456789abcdef";

        let with_handle: Vec<String> = ann
            .list_all_tools()
            .await?
            .into_iter()
            .filter(|tool| tool.input_schema.get("properties").is_some_and(|all| all.get("context_id").is_some()))
            .map(|tool| tool.name.into_owned())
            .collect();
        for tool in &with_handle {
            assert!(calls(&id).iter().any(|(name, _)| name == tool), "{tool} is not in the table");
        }
        for ((tool, theirs), (_, nobodys)) in calls(&id).into_iter().zip(calls(none)) {
            let (one, other) = (call(&eve, tool, theirs.clone()).await, call(&eve, tool, nobodys).await);
            let (one, other) = (shown(one, &id), shown(other, none));
            assert_eq!(one, other, "{revision} {tool}");
            assert!(one.contains("there is no context 'ID'"), "{one}");
        }
        for path in ["", "/messages"] {
            let read = |id: &str| eve.read_resource(ReadResourceRequestParams::new(format!("context://{id}{path}")));
            let (one, other) = (shown(read(&id).await, &id), shown(read(none).await, none));
            assert_eq!(one, other, "{revision}");
            assert!(one.contains("no such resource"), "{one}");
        }
        for prompt in ["customer_support", "financial_analysis", "technical_assistant"] {
            let get = |id: &str| {
                let arguments = json!({"customer": "x", "issue": "x", "company": "x", "period": "x", "technology": "x",
                                       "question": "x", "context_id": id});
                let mut params = GetPromptRequestParams::new(prompt);
                params.arguments = arguments.as_object().cloned();
                eve.get_prompt(params)
            };
            assert_eq!(shown(get(&id).await, &id), shown(get(none).await, none), "{revision} {prompt}");
        }
        // Nothing of it in what needs no handle, either.
        let seen = eve.list_all_resources().await?;
        assert!(seen.iter().all(|resource| !resource.uri.starts_with("context:")), "{seen:?}");
        for (tool, arguments) in [
            ("list_contexts", json!({"state": "all"})),
            ("search_contexts", json!({"query": "refund", "include_archived": true})),
        ] {
            let seen = call(&eve, tool, arguments.clone()).await?;
            let text = serde_json::to_string(&seen)?;
            assert!(!text.contains(&id) && !text.contains("Acme"), "{tool}: {text}");
            let owners = serde_json::to_string(&call(&ann, tool, arguments).await?)?;
            assert!(owners.contains(&id), "the owner finds it: {owners}");
        }
        for (reference, name) in [
            (Reference::for_resource("context://{id}"), "id"),
            (Reference::for_prompt("customer_support"), "customer"),
            (Reference::for_prompt("customer_support"), "context_id"),
        ] {
            let complete = |client: &Client| {
                let params = CompleteRequestParams::new(reference.clone(), ArgumentInfo::new(name, ""));
                let peer = client.peer().clone();
                async move { peer.complete(params).await }
            };
            assert_eq!(complete(&ann).await?.completion.values.len(), 1, "{name}");
            assert!(complete(&eve).await?.completion.values.is_empty(), "{name}");
        }

        // Still there and untouched; and once it is shared, the same calls tell something else.
        let kept = call(&ann, "get_context", json!({"context_id": id})).await?.structured_content.expect("a structure");
        assert_eq!((&kept["context"]["messages"], &kept["context"]["version"]), (&json!(1), &json!(1)));
        call(&ann, "share_context", json!({"context_id": id, "principal": "eve", "access": "reader"})).await?;
        let read = call(&eve, "get_context", json!({"context_id": id})).await?;
        assert_ne!(read.is_error, Some(true));
        assert!(!serde_json::to_string(&read)?.contains("iban"), "not even the name of a secret");
        let refused = shown(call(&eve, "delete_context", json!({"context_id": id})).await, &id);
        assert!(refused.contains("you are its reader, and this needs the owner"), "{refused}");
    }
    Ok(())
}

/// A cursor is worth nothing to anybody else, nor in another list.
#[tokio::test]
async fn cursors_are_bound_to_who_got_them() -> anyhow::Result<()> {
    let server = server()?;
    let (ann, eve) = (client(&server, "ann", Revision::Modern).await?, client(&server, "eve", Revision::Modern).await?);
    for name in ["one", "two"] {
        call(&ann, "create_context", json!({"name": name})).await?;
    }
    let page = call(&ann, "list_contexts", json!({"limit": 1})).await?.structured_content.expect("a structure");
    let cursor = page["next_cursor"].as_str().expect("a cursor");
    let next = call(&ann, "list_contexts", json!({"limit": 1, "cursor": cursor})).await?;
    assert_eq!(next.structured_content.expect("a structure")["contexts"][0]["name"], "one");
    for (who, arguments) in [
        (&eve, json!({"cursor": cursor})),
        (&ann, json!({"cursor": cursor, "state": "all"})),
        (&ann, json!({"cursor": format!("{cursor}x")})),
    ] {
        let refused = call(who, "list_contexts", arguments).await?;
        assert_eq!(refused.is_error, Some(true));
        assert!(serde_json::to_string(&refused)?.contains("call again without a cursor"));
    }
    Ok(())
}

/// Thirty days pass in no time.
#[tokio::test]
async fn a_context_that_nobody_needs_is_archived_by_itself() -> anyhow::Result<()> {
    let clock = Arc::new(ManualClock::at(1_800_000_000_000));
    let server = server_at(clock.clone())?;
    let ann = client(&server, "ann", Revision::Modern).await?;
    let made = call(&ann, "create_context", json!({"name": "quiet"})).await?.structured_content.expect("a structure");
    let id = made["context"]["context_id"].clone();
    clock.advance(30 * DAY_MS);
    let message = json!({"context_id": id, "role": "user", "content": "Hello again."});
    let refused = serde_json::to_string(&call(&ann, "append_message", message.clone()).await?)?;
    assert!(refused.contains("is archived; hint: use restore_context first"), "{refused}");
    for (state, count) in [("active", 0), ("archived", 1), ("all", 1)] {
        let listed =
            call(&ann, "list_contexts", json!({"state": state})).await?.structured_content.expect("a structure");
        assert_eq!(listed["contexts"].as_array().map(Vec::len), Some(count), "{state}");
    }
    let restored =
        call(&ann, "restore_context", json!({"context_id": id})).await?.structured_content.expect("a structure");
    assert_eq!(restored["changed"], true);
    assert_ne!(call(&ann, "append_message", message).await?.is_error, Some(true));
    Ok(())
}
