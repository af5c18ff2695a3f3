//! (7) Attempts: which node gets a call, and which next one if that fails or is slow.

use std::time::Duration;

use axum::http::request::Parts;
use mcp_support::{progress::Progress, revision::is_modern, serve::principal};
use rmcp::{
    ErrorData, RoleServer,
    model::{InputRequiredResult, MetaObject, ResultType, ServerResult, Tool},
    service::RequestContext,
};
use serde_json::json;

use super::{
    Gateway, catalog, forward,
    forward::{Attempt, Outcome, Returned},
    links, need,
    node::{Node, Place},
    request::{Forwarded, Kind, not_found},
    select::{NoNode, Reasons},
    straight::{self, First, FirstAttempt},
};
use crate::health::Backoff;

/// What came of a call.
pub(super) enum Done {
    Result(Box<ServerResult>),
    Ask(InputRequiredResult),
    /// Nobody could answer. Who asked may do something about it, or try again.
    Nobody(String),
}

impl Gateway {
    pub(super) async fn forward(
        &self,
        mut call: Forwarded,
        context: &RequestContext<RoleServer>,
    ) -> Result<Done, ErrorData> {
        let table = self.table();
        let (mount, name) = call.target(&table)?;
        let is_plain =
            matches!(&call, Forwarded::Tool(params) if self.catalog().straight.contains(params.name.as_ref()));
        let kind = call.kind();
        let has = |node: &Node| node.has(kind, &name);
        if !table.nodes.iter().any(|node| node.mount == mount && has(node)) {
            return Err(unknown(kind, &mount, &name));
        }
        let meta = forward::passed_on(context, Some(context.meta.clone()));
        let (mirrors, repeats) = match &call {
            Forwarded::Tool(_) => {
                let catalog = self.catalog();
                let tool = catalog::renamed(&mount, !table.has(&mount), &name).and_then(|name| catalog.tool(&name));
                (!is_plain && tool.is_some_and(mirrors_region), tool.is_some_and(is_repeatable))
            }
            // Prompts and resources are read.
            _ => (false, true),
        };
        let arguments = call.arguments().filter(|_| mirrors);
        let (need, key) = need::read(need::in_meta(&context.meta).as_deref(), arguments, principal(context))?;
        let progress = Progress::new(context);
        let prefix = table.has(&mount).then_some(mount.as_str());
        let attempt = Attempt { gateway: self, context, progress: &progress, name: &name, meta: &meta, is_plain };
        let (state, answers) = call.take_answers();
        let mut only = None;
        if let Some(state) = state {
            match forward::returned(self, context, &call, &name, &state)? {
                Returned::Parked(parked) => {
                    let outcome = attempt.resume(*parked, &call, answers).await;
                    return Ok(match outcome {
                        Outcome::Answer(answer) => Done::Result(marked(answer?, None, prefix, is_modern(context))),
                        Outcome::Ask(questions) => Done::Ask(questions),
                        Outcome::Unfit(why) => Done::Nobody(unfit(&mount, &why)),
                        Outcome::Failed(why) | Outcome::Broken(why) | Outcome::NotSent(why) => {
                            Done::Nobody(interrupted(&mount, &why))
                        }
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
        let repeatable = only.is_none() && repeats;
        let mut first = first_attempt(context);
        if first.is_none() {
            self.budget().earn();
        }
        let mut tried: Vec<String> = Vec::new();
        let mut failure = None;
        for retry in 0.. {
            let is_there = |node: &Node| has(node) && only.as_ref().is_none_or(|only| *only == node.settings.id);
            let take = |tried: &[String]| self.take(&table, &mount, is_there, &need, key.as_deref(), tried);
            let (node, outcome, reasons) = if let Some(first) = first.take() {
                attempt.began(first, &call).await
            } else {
                let (place, reasons) = match take(&tried) {
                    Ok(taken) => taken,
                    Err(NoNode::Never(error)) => return Ok(Done::Nobody(error.to_string())),
                    // Whoever has been tried already was only busy.
                    Err(error) => {
                        let before = failure.map_or_else(String::new, |failure| format!("{failure}, and "));
                        return Ok(Done::Nobody(format!("{before}{error}; hint: try again in a few seconds")));
                    }
                };
                let node = place.node.settings.id.clone();
                let hedge = table.settings.hedge().filter(|_| repeatable);
                let (outcome, reasons) = self.run(&attempt, (place, reasons), &call, hedge, take).await;
                (node, outcome, reasons)
            };
            // A node that is gone cannot be overwhelmed: its calls go elsewhere, however many they are. The budget is for
            // nodes that are slow.
            let is_gone = matches!(outcome, Outcome::Broken(_));
            match outcome {
                Outcome::Answer(answer) => {
                    return Ok(Done::Result(marked(answer?, Some(&reasons), prefix, is_modern(context))));
                }
                Outcome::Ask(questions) => return Ok(Done::Ask(questions)),
                Outcome::Unfit(why) => return Ok(Done::Nobody(unfit(&node, &why))),
                Outcome::NotSent(why) if retry + 1 >= table.settings.attempts => {
                    return Ok(Done::Nobody(format!("{node} is busy ({why}); hint: try again in a few seconds")));
                }
                Outcome::NotSent(_) => tried.push(node),
                Outcome::Failed(why) | Outcome::Broken(why) => {
                    tracing::info!(node, why, retry, repeatable, "a call failed at a node");
                    if !repeatable {
                        return Ok(Done::Nobody(interrupted(&node, &why)));
                    }
                    if retry + 1 >= table.settings.attempts || !(is_gone || self.budget().spend()) {
                        return Ok(Done::Nobody(format!("{node} failed ({why}); hint: try again in a few seconds")));
                    }
                    failure = Some(format!("{node} failed ({why})"));
                    tried.push(node);
                    let wait = Backoff::default().wait(retry, &mut rand::rng());
                    pause(wait, context).await?;
                }
            }
        }
        Ok(Done::Nobody("no attempt was made".to_owned()))
    }

    /// One attempt; where there is a hedge, and the first node is slow, at a second node too. The first answer counts, and
    /// the other call is cancelled (Dean and Barroso, "The Tail at Scale", 2013).
    async fn run(
        &self,
        attempt: &Attempt<'_>,
        first: (Place, Reasons),
        call: &Forwarded,
        hedge: Option<Duration>,
        take: impl Fn(&[String]) -> Result<(Place, Reasons), NoNode>,
    ) -> (Outcome, Reasons) {
        let (place, reasons) = first;
        let tried = [place.node.settings.id.clone()];
        let mut running = std::pin::pin!(attempt.run(place, call.clone()));
        let Some(hedge) = hedge else { return (running.await, reasons) };
        tokio::select! {
            outcome = &mut running => return (outcome, reasons),
            () = tokio::time::sleep(hedge) => {}
        }
        // A hedge is a retry that did not wait for the failure, and is paid for like one.
        let other = if self.budget().spend() { take(&tried).ok() } else { None };
        let Some((place, others)) = other else { return (running.await, reasons) };
        let mut hedged = std::pin::pin!(attempt.run(place, call.clone()));
        tokio::select! {
            outcome = &mut running => match outcome {
                Outcome::Failed(_) | Outcome::Broken(_) | Outcome::NotSent(_) => (hedged.await, others),
                outcome => (outcome, reasons),
            },
            outcome = &mut hedged => match outcome {
                Outcome::Failed(_) | Outcome::Broken(_) | Outcome::NotSent(_) => (running.await, reasons),
                outcome => (outcome, others),
            },
        }
    }
}

/// Whether a tool says that its argument `region` is a header too. Any other `region` is the tool's own business.
fn mirrors_region(tool: &Tool) -> bool {
    let property = tool.input_schema.get("properties").and_then(|properties| properties.get("region"));
    let header = property.and_then(|property| property.get("x-mcp-header")?.as_str());
    header.is_some_and(|header| header.eq_ignore_ascii_case("region"))
}

/// Whether a call may reach two nodes: a tool that says that it only reads, or that a second call changes nothing.
fn is_repeatable(tool: &Tool) -> bool {
    tool.annotations.as_ref().is_some_and(|annotations| {
        annotations.read_only_hint == Some(true) || annotations.idempotent_hint == Some(true)
    })
}

/// What has become of a call that has begun the straight way.
fn first_attempt(context: &RequestContext<RoleServer>) -> Option<First> {
    context.extensions.get::<Parts>()?.extensions.get::<FirstAttempt>()?.take()
}

fn unknown(kind: Kind, mount: &str, name: &str) -> ErrorData {
    let shown = mcp_support::refusal::quoted(name);
    match kind {
        Kind::Resource => not_found(name),
        Kind::Tool => ErrorData::invalid_params(format!("{mount} has no tool {shown}"), None),
        Kind::Prompt => ErrorData::invalid_params(format!("{mount} has no prompt {shown}"), None),
    }
}

/// A call that may have taken effect is not sent again by anybody but its caller.
fn interrupted(node: &str, why: &str) -> String {
    format!("{node} broke off ({why}), and may have done what was asked; hint: look before you ask again")
}

/// There is an answer, which the caller cannot get.
fn unfit(node: &str, why: &str) -> String {
    let hint = if why == straight::UNREADABLE { "tell whoever runs that server" } else { "ask for less at a time" };
    format!("{node} has answered, but {why}; hint: {hint}")
}

/// Says in `_meta` who has answered, and what the caller should know. A node of 2025-11-25 has no `resultType`, and the SDK
/// takes it out again for clients of that revision.
fn marked(
    mut result: Box<ServerResult>,
    reasons: Option<&Reasons>,
    prefix: Option<&str>,
    is_modern: bool,
) -> Box<ServerResult> {
    match result.as_mut() {
        ServerResult::CallToolResult(answer) => {
            answer.result_type = Some(ResultType::COMPLETE);
            links::rename(&mut answer.content, prefix);
            // What a node of 2026-07-28 says of itself is unknown in 2025-11-25.
            if let Some(meta) = answer.meta.as_mut().filter(|_| !is_modern) {
                meta.0.remove(straight::SERVER);
            }
            if let Some(reasons) = reasons {
                let meta = answer.meta.get_or_insert_with(MetaObject::default);
                meta.0.insert(need::META_KEY.to_owned(), json!({ "node": reasons.node, "notices": reasons.notices }));
            }
        }
        ServerResult::GetPromptResult(answer) => {
            answer.result_type = Some(ResultType::COMPLETE);
            links::rename(answer.messages.iter_mut().map(|message| &mut message.content), prefix);
        }
        ServerResult::ReadResourceResult(answer) => {
            answer.result_type = Some(ResultType::COMPLETE);
            answer.contents.iter_mut().for_each(|contents| links::prefix(contents, prefix));
        }
        _ => {}
    }
    result
}

async fn pause(wait: Duration, context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    tokio::select! {
        () = context.ct.cancelled() => Err(ErrorData::internal_error("cancelled", None)),
        () = tokio::time::sleep(wait) => Ok(()),
    }
}
