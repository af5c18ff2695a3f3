//! Consent: a person is asked before a session remembers what they search for, and before a query leaves this
//! machine. The model cannot answer for them: no argument of a tool says yes.

use mcp_support::{
    ask::{Ask, Question, form},
    changes::Change,
    refusal::Refusal,
    revision::is_modern,
    serve::principal,
};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::tool::IntoCallToolResult,
    model::{CallToolResponse, ElicitRequestParams, ElicitationAction},
    service::RequestContext,
};
use schemars::JsonSchema;

use super::{RealtimeSearch, store_refusal};
use crate::{outside::Sent, session::Session};

/// What opens a session.
pub(super) const NEW: &str = "new";

/// Why a tool has no answer yet, or none at all.
#[derive(Debug)]
pub(super) enum Failure {
    /// Something that the model can mend, or our fault.
    Refused(Refusal),
    /// A request that is wrong in itself.
    Protocol(ErrorData),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ErrorData> for Failure {
    fn from(error: ErrorData) -> Self {
        Self::Protocol(error)
    }
}

impl IntoCallToolResult for Failure {
    fn into_call_tool_result(self) -> Result<CallToolResponse, ErrorData> {
        match self {
            Self::Refused(refusal) => refusal.into_call_tool_result(),
            Self::Protocol(error) => Err(error),
        }
    }
}

/// What a person has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Nothing: the client cannot ask, or they have put the question aside.
    Nothing,
}

/// A session that a call works in.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    /// Its handle.
    pub(super) id: String,
    /// What it holds.
    pub(super) session: Session,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Remember {
    /// Remember my queries and what I open, until this session ends or is forgotten.
    agree: bool,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Outside {
    /// Send this one query to the service.
    agree: bool,
}

impl RealtimeSearch {
    /// The session that a call names, `new` for one that begins now. `None` in the middle of the answer: a person is
    /// being asked, return [`Ask::needs_input`].
    pub(super) async fn open(
        &self,
        ask: &mut Ask<'_>,
        context: &RequestContext<RoleServer>,
        session: Option<&str>,
    ) -> Result<Option<Option<Opened>>, Failure> {
        let Some(id) = session else { return Ok(Some(None)) };
        let owner = principal(context);
        let known = if id == NEW { None } else { Some(self.session(&owner, id).await?) };
        if let Some(session) = known.as_ref().filter(|session| session.sources.history_consent.is_some()) {
            return Ok(Some(Some(Opened { id: id.to_owned(), session: session.clone() })));
        }
        let Some(reply) = may_remember(ask, context).await? else { return Ok(None) };
        let consent = match reply {
            Reply::Yes => Some(true),
            Reply::No => Some(false),
            Reply::Nothing => None,
        };
        let (sessions, now) = (&self.engine.sessions, self.engine.clock.now());
        let opened = if known.is_none() {
            ask.spend()?;
            let begin = move |session: &mut Session| session.sources.history_consent = consent;
            let (id, session) = sessions.create(&owner, now, begin).await.map_err(store_refusal)?;
            // A session is a resource.
            self.engine.changes.announce(Change::Resources);
            Opened { id, session }
        } else {
            let agree = move |session: &mut Session| session.sources.history_consent = consent;
            let (session, ()) = sessions.change(&owner, id, now, agree).await.map_err(store_refusal)?;
            Opened { id: id.to_owned(), session }
        };
        Ok(Some(Some(opened)))
    }

    /// Whether a query may go to an outside service. `None`: the person is being asked. A yes is good for what they
    /// have read, so that it is kept nowhere: the next query is asked about again.
    pub(super) async fn may_send(
        &self,
        ask: &mut Ask<'_>,
        context: &RequestContext<RoleServer>,
        service: &str,
        sent: &Sent,
    ) -> Result<Option<Reply>, Failure> {
        let message = format!("This query would go to an outside service, {service}, as: {sent}");
        put(ask, context, &format!("outside-{service}"), form::<Outside>(message)).await
    }
}

/// Whether a session may remember. `None`: the person is being asked.
pub(super) async fn may_remember(
    ask: &mut Ask<'_>,
    context: &RequestContext<RoleServer>,
) -> Result<Option<Reply>, Failure> {
    let question = form::<Remember>(
        "This search server can remember your queries and what you open, to rank later results for you. They stay \
         with it until the session ends or you have it forgotten.",
    );
    put(ask, context, "history", question).await
}

/// Puts a question with one box to tick.
async fn put(
    ask: &mut Ask<'_>,
    context: &RequestContext<RoleServer>,
    key: &str,
    question: Result<ElicitRequestParams, serde_json::Error>,
) -> Result<Option<Reply>, Failure> {
    let question = question.map_err(|error| Refusal::internal("making a form", error))?;
    // Spec(both, elicitation): a client that has not declared it must not be asked.
    if question.missing(&context.client_capabilities().unwrap_or_default()).is_some() {
        return Ok(Some(Reply::Nothing));
    }
    match ask.question(key, question).await {
        Ok(None) => Ok(None),
        Ok(Some(answer)) => {
            let agreed = answer.content.as_ref().and_then(|content| content.get("agree")?.as_bool()).unwrap_or(false);
            Ok(Some(match answer.action {
                ElicitationAction::Accept if agreed => Reply::Yes,
                ElicitationAction::Accept | ElicitationAction::Decline => Reply::No,
                _ => Reply::Nothing,
            }))
        }
        // A client of 2025-11-25 may answer with an error. That is no consent, and no fault of the call.
        Err(error) if !is_modern(context) => {
            tracing::debug!(%error, "the client has not asked its person");
            Ok(Some(Reply::Nothing))
        }
        Err(error) => Err(error.into()),
    }
}
