//! From a client's call to its answer: which node, and which next one if that fails.

use std::time::Duration;

use mcp_support::progress::Progress;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams, CompleteResult, ContentBlock,
        GetPromptRequestParams, GetPromptResponse, MetaObject, ReadResourceRequestParams, ReadResourceResponse,
        Reference, ServerResult,
    },
    service::{RequestContext, ServiceError},
};
use serde_json::json;

use super::{
    Gateway, catalog, forward,
    forward::{Attempt, Outcome, Returned},
    need,
    node::{Ended, Node},
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
        let table = self.table();
        let uri = params.uri.clone();
        let mount = table.addressed(&uri).map(|(mount, _)| mount).filter(|mount| table.has(mount));
        match self.forward(Forwarded::Resource(params), context).await? {
            Done::Result(result) => match *result {
                ServerResult::ReadResourceResult(mut result) => {
                    for contents in &mut result.contents {
                        rename(contents, mount);
                    }
                    Ok(ReadResourceResponse::Complete(result))
                }
                _ => Err(ErrorData::internal_error(STRANGE, None)),
            },
            Done::Ask(questions) => Ok(ReadResourceResponse::InputRequired(questions)),
            Done::Nobody(why) => Err(ErrorData::internal_error(why, None)),
        }
    }

    /// Forwards `completion/complete`. It is asked with each key that somebody types, so it is asked once.
    ///
    /// # Errors
    /// The node's own, with its code; -32602 for a prompt or template that no mount has.
    pub async fn complete(
        &self,
        mut params: CompleteRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let table = self.table();
        let unknown = || ErrorData::invalid_params("no mount has what is to be completed", None);
        let (mount, kind, name) = match &mut params.r#ref {
            Reference::Prompt(prompt) => {
                let (mount, name) = table.named(&prompt.name).ok_or_else(unknown)?;
                let (mount, name) = (mount.to_owned(), name.to_owned());
                prompt.name.clone_from(&name);
                (mount, Kind::Prompt, name)
            }
            Reference::Resource(template) => {
                let (mount, uri) = table.addressed(&template.uri).ok_or_else(unknown)?;
                let (mount, uri) = (mount.to_owned(), uri.to_owned());
                template.uri.clone_from(&uri);
                (mount, Kind::Resource, uri)
            }
            _ => return Err(unknown()),
        };
        let (need, key) = need::read(&context.meta, None, context)?;
        let choice = self.choice(&table, &mount, |node| node.has(kind, &name), &need, key.as_deref(), &[]);
        let chosen = self.with_chooser(&mount, |chooser| choice.take(chooser));
        let (place, _) = chosen.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let peer = place.connection.peer().clone();
        let asking = tokio::time::timeout(self.attempt(), peer.complete(params));
        let (ended, answer) = match asking.await {
            Ok(Ok(result)) => (Ended::Answered, Ok(result)),
            Ok(Err(ServiceError::McpError(error))) => (Ended::Answered, Err(error)),
            _ => (Ended::Failed, Err(ErrorData::internal_error(format!("{mount} did not answer"), None))),
        };
        place.end(ended);
        answer
    }

    async fn forward(&self, mut call: Forwarded, context: &RequestContext<RoleServer>) -> Result<Done, ErrorData> {
        let table = self.table();
        let (mount, name) = call.target(&table)?;
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
        } else if !answers.is_empty() {
            // A client that comes back without its state: the node says what that is worth.
            call.put_answers(None, answers);
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
        let bare = self.table().bare() == Some(mount);
        let tool = catalog::renamed(mount, bare, name).and_then(|name| self.tool(&name));
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

fn rename(contents: &mut rmcp::model::ResourceContents, mount: Option<&str>) {
    use rmcp::model::ResourceContents;
    let (ResourceContents::TextResourceContents { uri, .. } | ResourceContents::BlobResourceContents { uri, .. }) =
        contents
    else {
        return;
    };
    if let Some(mount) = mount {
        *uri = catalog::prefixed(mount, false, uri);
    }
}

async fn pause(wait: Duration, context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    tokio::select! {
        () = context.ct.cancelled() => Err(ErrorData::internal_error("cancelled", None)),
        () = tokio::time::sleep(wait) => Ok(()),
    }
}
