//! (6) A call on its way to a node and back: progress, questions, answers and errors pass as they are.
#![expect(deprecated, reason = "SEP-2577: log messages of upstreams in 2025-11-25 are passed on")]

mod asking;
mod begun;
mod state;

use mcp_support::{ask::Question as _, client_log, progress::Progress, revision::is_modern};
use rmcp::{
    ErrorData, RoleServer,
    model::{
        InputRequiredResult, InputResponses, LoggingMessageNotificationParam, ProgressNotificationParam,
        RequestMetaObject, ServerResult,
    },
    service::{RequestContext, ServiceError},
};
use tokio::time::Instant;

use self::state::State;
pub(super) use self::state::{Returned, returned};
use super::{
    Gateway,
    connection::Running,
    listener::Event,
    node::{Ended, Place},
    parked::Parked,
    program::is_too_long,
    request::Forwarded,
    straight::too_long,
};

/// Rounds of questions that one call may take (the SDK's own limit).
const MAX_ROUNDS: usize = 10;
/// The key of the one question that a parked call waits for.
const QUESTION: &str = "question";

/// How an attempt ended.
pub(super) enum Outcome {
    /// The node's answer, or its error.
    Answer(Result<Box<ServerResult>, ErrorData>),
    /// The client has to be asked first (2026-07-28).
    Ask(InputRequiredResult),
    /// No answer, through the node's fault.
    Failed(String),
    /// The connection broke, and the call with it.
    Broken(String),
    /// The node has answered, and the answer cannot be passed on.
    Unfit(String),
    /// The node never saw the call.
    NotSent(String),
}

/// One attempt: a place at a node, and the call.
pub(super) struct Attempt<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) context: &'a RequestContext<RoleServer>,
    pub(super) progress: &'a Progress,
    /// The name of the tool or prompt, or the URI, at the node.
    pub(super) name: &'a str,
    pub(super) meta: &'a RequestMetaObject,
    /// Whether it is a call to a tool that wants none of its arguments in a header.
    pub(super) is_plain: bool,
}

impl Attempt<'_> {
    /// Sends the call to the node, and drives it.
    pub(super) async fn run(&self, place: Place, call: Forwarded) -> Outcome {
        let driven = self.once(place, &call).await;
        self.rounds(driven, call).await
    }

    /// Goes on until there is an answer.
    async fn rounds(&self, mut driven: Driven, mut call: Forwarded) -> Outcome {
        for _ in 0..MAX_ROUNDS {
            match driven {
                Driven::Ended(outcome) => return outcome,
                // 2026-07-28 at the node and 2025-11-25 at the client: ask here, and send the call once more.
                Driven::Again(place, questions) => {
                    match self.answers(questions.input_requests.unwrap_or_default()).await {
                        Ok(answers) => {
                            call.put_answers(questions.request_state, answers);
                            driven = self.once(place, &call).await;
                        }
                        Err(error) => {
                            place.end(Ended::Answered);
                            return Outcome::Answer(Err(error));
                        }
                    }
                }
            }
        }
        match driven {
            Driven::Ended(outcome) => outcome,
            Driven::Again(place, _) => {
                place.end(Ended::Answered);
                Outcome::Failed("the node asked too often".to_owned())
            }
        }
    }

    async fn once(&self, place: Place, call: &Forwarded) -> Driven {
        match self.pooled(place, call).await {
            Ok(driven) => driven,
            Err(place) => self.connected(place, call).await,
        }
    }

    /// Sends the call over the connection that the node is kept with.
    async fn connected(&self, place: Place, call: &Forwarded) -> Driven {
        let asks = self.context.client_capabilities().is_some_and(|declared| {
            declared.elicitation.is_some() || declared.sampling.is_some() || declared.roots.is_some()
        });
        let request = call.clone().into_request(self.name, self.meta);
        let connection = place.connection.clone();
        let sending = connection.send(request, self.meta.clone(), asks, client_log::wanted(self.context));
        match tokio::time::timeout(self.gateway.attempt(), sending).await {
            Ok(Ok(running)) => self.drive(running, place, call).await,
            Ok(Err(error)) => Driven::Ended(self.failed(place, &error)),
            Err(_) => {
                place.end(Ended::Cancelled);
                Driven::Ended(Outcome::NotSent("another call has the node to itself".to_owned()))
            }
        }
    }

    /// Goes on with a call whose client has come back.
    pub(super) async fn resume(&self, parked: Parked, call: &Forwarded, mut answers: InputResponses) -> Outcome {
        let Parked { mut running, place, reply } = parked;
        if tokio::time::timeout(self.gateway.attempt(), running.call.unpark()).await.is_err() {
            place.end(Ended::Cancelled);
            return Outcome::NotSent("another call has the node to itself".to_owned());
        }
        let answer = answers.remove(QUESTION);
        let missing = || ErrorData::invalid_params(format!("the answer to '{QUESTION}' is missing"), None);
        let _ = reply.send(answer.ok_or_else(missing));
        match self.drive(running, place, call).await {
            Driven::Ended(outcome) => outcome,
            Driven::Again(place, _) => {
                place.end(Ended::Answered);
                Outcome::Failed("a node of 2025-11-25 asked as those of 2026-07-28 do".to_owned())
            }
        }
    }

    /// Waits for what the node says, until its answer.
    async fn drive(&self, mut running: Running, place: Place, call: &Forwarded) -> Driven {
        let mut until = Instant::now() + self.gateway.attempt();
        loop {
            tokio::select! {
                biased;
                () = self.context.ct.cancelled() => {
                    return Driven::Ended(Outcome::Answer(Err(ErrorData::internal_error("cancelled", None))));
                }
                Some(event) = running.events.recv() => {
                    until = Instant::now() + self.gateway.attempt();
                    match event {
                        Event::Progress(params) => self.told(params).await,
                        Event::Log(params) => self.log(&place, params).await,
                        Event::Question(question, reply) if is_modern(self.context) => {
                            return Driven::Ended(self.park(Parked { running, place, reply }, *question, call));
                        }
                        Event::Question(question, reply) => {
                            let answered = self.ask(QUESTION, *question).await;
                            let _ = reply.send(answered);
                            until = Instant::now() + self.gateway.attempt();
                        }
                    }
                }
                response = &mut running.response => {
                    running.call.answered();
                    // What the node said before its answer is told before its answer.
                    while let Ok(event) = running.events.try_recv() {
                        match event {
                            Event::Progress(params) => self.told(params).await,
                            Event::Log(params) => self.log(&place, params).await,
                            // It cannot matter any more.
                            Event::Question(..) => {}
                        }
                    }
                    return self.answered(place, response.unwrap_or(Err(ServiceError::TransportClosed)), call);
                }
                () = tokio::time::sleep_until(until) => {
                    place.end(Ended::Failed);
                    let seconds = self.gateway.attempt().as_secs_f64();
                    return Driven::Ended(Outcome::Failed(format!("no answer within {seconds} s")));
                }
            }
        }
    }

    async fn told(&self, params: ProgressNotificationParam) {
        self.progress.report(params.progress, params.total, params.message.unwrap_or_default()).await;
    }

    async fn log(&self, place: &Place, params: LoggingMessageNotificationParam) {
        let logger = params.logger.unwrap_or_else(|| place.node.settings.id.clone());
        let _ = client_log::send(self.context, params.level, &logger, params.data).await;
    }

    fn answered(&self, place: Place, response: Result<ServerResult, ServiceError>, call: &Forwarded) -> Driven {
        match response {
            Ok(ServerResult::InputRequiredResult(questions)) if !is_modern(self.context) => {
                Driven::Again(place, Box::new(questions))
            }
            Ok(ServerResult::InputRequiredResult(mut questions)) => {
                let declared = self.context.client_capabilities().unwrap_or_default();
                let asked = questions.input_requests.iter().flatten();
                // Spec(2026-07-28, mrtr): nothing is asked that the client did not declare.
                if let Some(missing) = asked.into_iter().find_map(|(_, question)| question.missing(&declared)) {
                    place.end(Ended::Answered);
                    let error = ErrorData::missing_required_client_capability(missing);
                    return Driven::Ended(Outcome::Answer(Err(error)));
                }
                let state =
                    State::Resend { node: place.node.settings.id.clone(), state: questions.request_state.take() };
                place.end(Ended::Answered);
                questions.request_state = Some(match self.seal(&state, call) {
                    Ok(sealed) => sealed,
                    Err(error) => return Driven::Ended(Outcome::Answer(Err(error))),
                });
                Driven::Ended(Outcome::Ask(questions))
            }
            Ok(mut result) => {
                let renamed = self.gateway.with_own_task(&mut result, &place.node, self.context);
                place.end(Ended::Answered);
                Driven::Ended(Outcome::Answer(renamed.map(|()| Box::new(result))))
            }
            Err(ServiceError::McpError(error)) if is_too_long(&error) => {
                place.end(Ended::Answered);
                Driven::Ended(Outcome::Unfit(error.message.into_owned()))
            }
            // Spec(JSON-RPC 2.0): an error is an answer, and keeps its code.
            Err(ServiceError::McpError(error)) => {
                place.end(Ended::Answered);
                Driven::Ended(Outcome::Answer(Err(error)))
            }
            Err(error) => Driven::Ended(self.failed(place, &error)),
        }
    }

    fn failed(&self, place: Place, error: &ServiceError) -> Outcome {
        if let ServiceError::McpError(error) = error {
            place.end(Ended::Answered);
            return Outcome::Answer(Err(error.clone()));
        }
        tracing::debug!(node = place.node.settings.id, %error, "a call failed");
        if exceeds_limit(error) {
            place.end(Ended::Answered);
            return Outcome::Unfit(too_long());
        }
        place.end(Ended::Failed);
        Outcome::Broken("the connection broke".to_owned())
    }
}

/// Whether the SDK has refused an answer for its length. It says so in words only: the error's type is hidden.
fn exceeds_limit(error: &ServiceError) -> bool {
    let chain = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    chain.into_iter().any(|error| error.to_string().contains("exceeded the maximum size of"))
}

enum Driven {
    Ended(Outcome),
    Again(Place, Box<InputRequiredResult>),
}

/// The client's own words about itself, for nodes that read them with each request, and nothing about this connection.
pub(super) fn passed_on(context: &RequestContext<RoleServer>, given: Option<RequestMetaObject>) -> RequestMetaObject {
    let mut meta = given.unwrap_or_default();
    for key in ["progressToken", "io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientInfo"] {
        meta.0.remove(key);
    }
    // 2025-11-25 says it once for a session, 2026-07-28 with each request.
    if let Some(level) = client_log::wanted(context) {
        meta.set_log_level(level);
    }
    // A node asks for nothing that the client cannot do.
    meta.set_client_capabilities(context.client_capabilities().unwrap_or_default());
    meta
}
