//! (2) One way to the client's roots, for every tool and in both revisions.
//!
//! Roots are asked for with each call that needs them: in 2025-11-25 by a request to the client, in 2026-07-28 by a
//! result that asks for input. Nothing of them is kept between calls, so there is no state in a connection, and
//! `notifications/roots/list_changed` has only to be accepted: the next call asks again and hears the new list. In
//! 2026-07-28 there is no such notification, for the same reason.
#![expect(deprecated, reason = "SEP-2577: roots are deprecated in 2026-07-28, and this lesson is about them")]

use mcp_support::{
    ask::{Ask, Question, Roots},
    revision::is_modern,
};
use rmcp::{
    ErrorData, RoleServer, handler::server::tool::IntoCallToolResult, model::CallToolResponse, schemars::JsonSchema,
    service::RequestContext,
};
use serde::Serialize;

use crate::{
    error::{Refusal, quoted},
    server::RootContexts,
    workspace::{
        folders::Folders,
        scope::{MAX_ROOTS, Scope, ScopeError, Verdict},
    },
};

/// Characters of a client's own text that are repeated to it.
const MAX_SHOWN: usize = 200;

/// What came of asking.
pub(super) enum Asked<T> {
    /// The answer; nothing where the client has no roots to ask for.
    Known(Option<T>),
    /// Something else has to be answered first.
    Answer(CallToolResponse),
}

/// The roots that a client has named.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// URI and name of each that is looked at.
    pub(super) roots: Vec<(String, Option<String>)>,
    /// How many there are in all.
    pub(super) count: usize,
}

/// One root, and what it comes to.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RootReport {
    /// As the client named it; cut if it is long.
    uri: String,
    /// The client's name for it.
    name: Option<String>,
    /// How much of it can be read.
    readable: Readable,
    /// Why not all of it can be read, if so.
    reason: Option<String>,
}

/// How much of a root can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Readable {
    All,
    Parts,
    Nothing,
}

impl RootContexts {
    /// The client's roots, or what has to be answered first.
    pub(super) async fn roots_of(
        &self,
        context: &RequestContext<RoleServer>,
        tool: &str,
        arguments: &impl Serialize,
    ) -> Result<Asked<Named>, ErrorData> {
        let mut ask = Ask::new(&self.shared.sealer, context, &format!("tools/call {tool}"), arguments)?;
        // Spec(both, roots): a client that has not declared roots must not be asked for them.
        if Roots.missing(&context.client_capabilities().unwrap_or_default()).is_some() {
            return Ok(Asked::Known(None));
        }
        match ask.question("roots", Roots).await {
            Ok(None) => Ok(Asked::Answer(ask.needs_input()?.into())),
            Ok(Some(answer)) => {
                let count = answer.roots.len();
                let first = answer.roots.into_iter().take(MAX_ROOTS);
                Ok(Asked::Known(Some(Named { roots: first.map(|root| (root.uri, root.name)).collect(), count })))
            }
            // A client of 2025-11-25 may answer with an error: its person has refused. That is no fault of the call,
            // and nothing may be read that was not named.
            Err(error) if !is_modern(context) => {
                let what = format!("the client did not name its roots: {}", quoted(&error.message));
                let refusal =
                    Refusal::argument(what, "let the client share its roots with this server, and call again");
                refusal.into_call_tool_result().map(Asked::Answer)
            }
            Err(error) => Err(error),
        }
    }
}

/// What a call may read. Blocks.
///
/// A client without roots gets all that the operator allows. One that has roots gets no more than they leave, and if
/// they leave nothing, nothing.
pub(super) fn scope(folders: &Folders, roots: Option<&Named>) -> Result<Scope, Refusal> {
    let Some(named) = roots else { return Ok(Scope::everything(folders)) };
    let (scope, _) = Scope::of_roots(folders, named.roots.iter().map(|(uri, _)| uri.as_str()));
    if scope.is_empty() {
        let what = match named.count {
            0 => "the client named no roots".to_owned(),
            count => format!("this server may read none of the {count} roots that the client named"),
        };
        return Err(Refusal::argument(
            what,
            "open a folder in the client that the server's operator allows with --allow-dir; list_workspace_roots says \
             what becomes of each root",
        ));
    }
    Ok(scope)
}

/// What became of each root. Blocks.
pub(super) fn reports(folders: &Folders, named: &Named) -> (Vec<RootReport>, Scope) {
    let (scope, verdicts) = Scope::of_roots(folders, named.roots.iter().map(|(uri, _)| uri.as_str()));
    let report = |((uri, name), verdict): (&(String, Option<String>), &Verdict)| {
        let (readable, reason) = match verdict {
            Verdict::Whole => (Readable::All, None),
            Verdict::Parts(_) => (Readable::Parts, Some("only the folders under readable are allowed".to_owned())),
            Verdict::Covered => (Readable::All, None),
            Verdict::Refused(error) => (Readable::Nothing, Some(error.to_string())),
        };
        RootReport { uri: shown(uri), name: name.as_deref().map(shown), readable, reason }
    };
    (named.roots.iter().zip(&verdicts).map(report).collect(), scope)
}

/// A refusal of something that a caller has named, with what would be accepted.
pub(super) fn refused(what: &str, named: &str, error: &ScopeError) -> Refusal {
    let hint = match error {
        ScopeError::Uri(_) => "take a URI as search_workspace and analyze_project answer it",
        ScopeError::Outside => "list_workspace_roots says which folders can be read",
        ScopeError::Open(_) => "search_workspace and analyze_project name the files that there are",
    };
    Refusal::argument(format!("{what} {}: {error}", quoted(named)), hint)
}

fn shown(text: &str) -> String {
    let mut shown: String = text.chars().filter(|letter| !letter.is_control()).take(MAX_SHOWN).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    shown
}
