//! From a client's call to its answer: which node, and which next one if that fails.

use std::time::Duration;

use mcp_support::progress::Progress;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, GetPromptRequestParams,
        GetPromptResponse, MetaObject, ReadResourceRequestParams, ReadResourceResponse, ServerResult,
    },
    service::RequestContext,
};
use serde_json::json;

use super::{
    Gateway, catalog, forward,
    forward::{Attempt, Outcome, Returned},
    need,
    node::Node,
    request::{Forwarded, Kind},
    select::{NoNode, Reasons},
};
use crate::health::Backoff;

/// What came of a call.
enum Done {
    Result(Box<ServerResult>),
    Ask(rmcp::model::InputRequiredResult),
    /// Nobody could answer. Who asked may do something about it, or try again.
    Nobody(String),
}

impl Gateway {
    /// Forwards `tools/call`.
    ///
    /// # Errors
    /// The node's own, with its code; -32602 for a tool that no mount has.
    pub async fn call_tool(
        &self,
        params: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        match self.forward(Forwarded::Tool(params), context).await? {
            Done::Result(result) => match *result {
                ServerResult::CallToolResult(result) => Ok(CallToolResponse::Complete(result)),
                _ => Ok(CallToolResult::error(vec![ContentBlock::text(STRANGE)]).into()),
            },
            Done::Ask(questions) => Ok(CallToolResponse::InputRequired(questions)),
            // The model can do something else, or try again: a result, and no protocol error.
            Done::Nobody(why) => Ok(CallToolResult::error(vec![ContentBlock::text(why)]).into()),
        }
    }

    /// Forwards `prompts/get`.
    ///
    /// # Errors
    /// As [`Gateway::call_tool`]; -32603 where nobody can answer.
    pub async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        match self.forward(Forwarded::Prompt(params), context).await? {
            Done::Result(result) => match *result {
                ServerResult::GetPromptResult(result) => Ok(GetPromptResponse::Complete(result)),
                _ => Err(ErrorData::internal_error(STRANGE, None)),
            },
            Done::Ask(questions) => Ok(GetPromptResponse::InputRequired(questions)),
            Done::Nobody(why) => Err(ErrorData::internal_error(why, None)),
        }
    }

    /// Forwards `resources/read`.
    ///
    /// # Errors
    /// As [`Gateway::get_prompt`].
    pub async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let (mount, _) = Forwarded::Resource(params.clone()).target()?;
        match self.forward(Forwarded::Resource(params), context).await? {
            Done::Result(result) => match *result {
                ServerResult::ReadResourceResult(mut result) => {
                    for contents in &mut result.contents {
                        rename(contents, &mount);
                    }
                    Ok(ReadResourceResponse::Complete(result))
                }
                _ => Err(ErrorData::internal_error(STRANGE, None)),
            },
            Done::Ask(questions) => Ok(ReadResourceResponse::InputRequired(questions)),
            Done::Nobody(why) => Err(ErrorData::internal_error(why, None)),
        }
    }

    async fn forward(&self, mut call: Forwarded, context: &RequestContext<RoleServer>) -> Result<Done, ErrorData> {
        let (mount, name) = call.target()?;
        let table = self.table();
        let kind = call.kind();
        let has = |node: &Node| node.has(kind, &name);
        if !table.nodes.iter().any(|node| node.mount == mount && has(node)) {
            return Err(unknown(kind, &mount, &name));
        }
        let meta = forward::passed_on(context, Some(context.meta.clone()));
        let (need, key) = need::read(&context.meta, call.arguments(), context)?;
        let progress = Progress::new(context);
        let attempt = Attempt { gateway: self, context, progress: &progress, name: &name, meta: &meta };
        let (state, answers) = call.take_answers();
        let mut only = None;
        if let Some(state) = state {
            match forward::returned(self, context, &call, &name, &state)? {
                Returned::Parked(parked) => {
                    let outcome = attempt.resume(*parked, &call, answers).await;
                    return Ok(match outcome {
                        Outcome::Answer(answer) => Done::Result(answer?),
                        Outcome::Ask(questions) => Done::Ask(questions),
                        Outcome::Failed(why) => Done::Nobody(interrupted(&mount, &why)),
                    });
                }
                Returned::Resend { node, state } => {
                    call.put_answers(state, answers);
                    only = Some(node);
                }
            }
        }
        let repeatable = only.is_none() && self.is_repeatable(&call, &mount, &name);
        self.budget().earn();
        let mut tried: Vec<String> = Vec::new();
        for retry in 0.. {
            let is_there = |node: &Node| has(node) && only.as_ref().is_none_or(|only| *only == node.settings.id);
            let choice = self.choice(&table, &mount, is_there, &need, key.as_deref(), &tried);
            let (place, reasons) = match self.with_chooser(&mount, |chooser| choice.take(chooser)) {
                Ok(taken) => taken,
                Err(NoNode::Never(error)) => return Ok(Done::Nobody(error.to_string())),
                Err(error) => return Ok(Done::Nobody(format!("{error}; hint: try again in a few seconds"))),
            };
            let node = place.node.settings.id.clone();
            match attempt.run(place, call.clone()).await {
                Outcome::Answer(answer) => return Ok(Done::Result(marked(answer?, &reasons))),
                Outcome::Ask(questions) => return Ok(Done::Ask(questions)),
                Outcome::Failed(why) => {
                    tracing::info!(node, why, retry, repeatable, "a call failed at a node");
                    if !repeatable {
                        return Ok(Done::Nobody(interrupted(&node, &why)));
                    }
                    if retry + 1 >= table.settings.attempts || !self.budget().spend() {
                        return Ok(Done::Nobody(format!("{node} failed ({why}); hint: try again in a few seconds")));
                    }
                    tried.push(node);
                    let wait = Backoff::default().wait(retry, &mut rand::rng());
                    pause(wait, context).await?;
                }
            }
        }
        Ok(Done::Nobody("no attempt was made".to_owned()))
    }

    /// Whether a call may reach two nodes: a tool that says that it only reads, or that a second call changes nothing.
    /// Prompts and resources are read.
    fn is_repeatable(&self, call: &Forwarded, mount: &str, name: &str) -> bool {
        let Forwarded::Tool(_) = call else { return true };
        let tool = self.tool(&format!("{mount}{}{name}", catalog::SEPARATOR));
        let annotations = tool.and_then(|tool| tool.annotations).unwrap_or_default();
        annotations.read_only_hint == Some(true) || annotations.idempotent_hint == Some(true)
    }
}

const STRANGE: &str = "the node answered something else than was asked";

fn unknown(kind: Kind, mount: &str, name: &str) -> ErrorData {
    let shown = mcp_support::refusal::quoted(name);
    match kind {
        Kind::Resource => ErrorData::resource_not_found(format!("{mount} has no resource {shown}"), None),
        Kind::Tool => ErrorData::invalid_params(format!("{mount} has no tool {shown}"), None),
        Kind::Prompt => ErrorData::invalid_params(format!("{mount} has no prompt {shown}"), None),
    }
}

/// A call that may have taken effect is not sent again by anybody but its caller.
fn interrupted(node: &str, why: &str) -> String {
    format!("{node} broke off ({why}), and may have done what was asked; hint: look before you ask again")
}

/// Says in `_meta` who has answered, and what the caller should know.
fn marked(mut result: Box<ServerResult>, reasons: &Reasons) -> Box<ServerResult> {
    let ServerResult::CallToolResult(answer) = result.as_mut() else { return result };
    let meta = answer.meta.get_or_insert_with(MetaObject::default);
    meta.0.insert(need::META_KEY.to_owned(), json!({ "node": reasons.node, "notices": reasons.notices }));
    result
}

fn rename(contents: &mut rmcp::model::ResourceContents, mount: &str) {
    use rmcp::model::ResourceContents;
    let (ResourceContents::TextResourceContents { uri, .. } | ResourceContents::BlobResourceContents { uri, .. }) =
        contents
    else {
        return;
    };
    *uri = catalog::prefixed(mount, uri);
}

async fn pause(wait: Duration, context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    tokio::select! {
        () = context.ct.cancelled() => Err(ErrorData::internal_error("cancelled", None)),
        () = tokio::time::sleep(wait) => Ok(()),
    }
}
