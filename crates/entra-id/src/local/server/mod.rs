//! The MCP surface of the local server: three tools around one person's sign-in.

mod handler;

use std::sync::Arc;

use mcp_support::{
    ask::{Ask, Question, Sealer},
    refusal::{Refusal, answer},
    schema,
};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{
        common::schema_for_output, router::tool::ToolRouter, tool::IntoCallToolResult, wrapper::Parameters,
    },
    model::{CallToolResponse, CallToolResult, ElicitationAction},
    service::RequestContext,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    cache::Account,
    messages,
    person::{self, Met},
    session::{Session, SessionError, Wanted},
    sign_in::SignIns,
};
use crate::graph::{Graph, GraphError, User};

/// Attempts of one call: a cached token, a refreshed one, a sign-in, and one that fulfils a challenge.
const ATTEMPTS: usize = 5;

/// The local server. A clone is cheap.
#[derive(Clone)]
pub struct LocalServer {
    tools: Arc<ToolRouter<Self>>,
    shared: Arc<Shared>,
}

struct Shared {
    session: Session,
    sign_ins: SignIns,
    graph: Graph,
    sealer: Sealer,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoArguments {}

#[derive(Debug, Serialize, JsonSchema)]
struct SignedOut {
    /// Whether anybody was signed in.
    was_signed_in: bool,
    /// Where the person ends the browser's session at Entra; absent when nobody was signed in.
    logout_url: Option<String>,
    /// Whether the client has agreed to open that page.
    page_opened: bool,
}

/// What the next call for the person's data does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Next {
    /// It uses the access token that is there.
    UseToken,
    /// It exchanges the refresh token, without asking anybody.
    Refresh,
    /// It asks the person to sign in.
    SignIn,
    /// It waits for the person, who has been asked already.
    WaitForPerson,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Status {
    /// Whether somebody is signed in.
    signed_in: bool,
    /// Who.
    account: Option<Account>,
    /// What the access token allows.
    scopes: Vec<String>,
    /// Seconds that the access token is still good for; negative when it is over.
    expires_in_seconds: Option<i64>,
    /// Where the tokens are kept.
    tokens_are_kept: String,
    /// The tenant that people sign in to.
    tenant_id: String,
    /// The app that they sign in with.
    client_id: String,
    /// What the next call for the person's data does.
    next: Next,
}

#[tool_router]
impl LocalServer {
    /// A server of this session.
    pub fn new(session: Session, sign_ins: SignIns, graph: Graph) -> Self {
        let shared = Shared { session, sign_ins, graph, sealer: Sealer::random() };
        Self { tools: Arc::new(schema::portable(Self::tool_router())), shared: Arc::new(shared) }
    }

    /// Reads the signed-in person's own profile from Microsoft Graph; asks the person to sign in where that is needed.
    #[tool(
        title = "My profile",
        annotations(
            title = "My profile",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<User>()
    )]
    async fn get_user_details_from_graph(
        &self,
        Parameters(arguments): Parameters<NoArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let method = "tools/call get_user_details_from_graph";
        let mut ask = Ask::new(&self.shared.sealer, &context, method, &arguments)?;
        let mut wanted = Wanted::default();
        let mut last = GraphError::Unauthorized(None);
        for _ in 0..ATTEMPTS {
            // (1) Silently, else by a refresh, else by the person.
            let token = match self.shared.session.token(&wanted).await {
                Ok(token) => token,
                Err(SessionError::NeedsPerson(need)) => {
                    match person::sign_in(&self.shared.sign_ins, &mut ask, &context, need).await? {
                        Met::SignedIn => wanted = Wanted::default(),
                        Met::Challenged(claims) => wanted = Wanted { claims: Some(claims), ..wanted },
                        Met::Asked => return Ok(ask.needs_input()?.into()),
                        Met::Refused(refusal) => return refusal.into_call_tool_result(),
                    }
                    continue;
                }
                Err(error) => return messages::of_session(error).into_call_tool_result(),
            };
            match self.shared.graph.me(&token).await {
                Ok(user) => return told(answer(profile(&user), &user)),
                // (6) A token that was revoked, or a challenge of Conditional Access that came later than the token.
                Err(GraphError::Unauthorized(claims)) => {
                    last = GraphError::Unauthorized(claims.clone());
                    wanted = Wanted { but_not: Some(token), claims };
                }
                Err(error) => return messages::of_graph(&error).into_call_tool_result(),
            }
        }
        messages::of_graph(&last).into_call_tool_result()
    }

    /// Signs the person out: forgets every token here, and shows where the browser's own session at Entra is ended.
    #[tool(
        title = "Sign out",
        annotations(
            title = "Sign out",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<SignedOut>()
    )]
    async fn sign_out(
        &self,
        Parameters(arguments): Parameters<NoArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut ask = Ask::new(&self.shared.sealer, &context, "tools/call sign_out", &arguments)?;
        // The tokens go before anybody is asked; an answer belongs to a call that has done so.
        let was_signed_in = if ask.has_answer(LOGOUT) {
            true
        } else {
            self.shared.sign_ins.cancel(None).await;
            match self.shared.session.sign_out().await {
                Ok(was_signed_in) => was_signed_in,
                Err(error) => return messages::of_session(error.into()).into_call_tool_result(),
            }
        };
        if !was_signed_in {
            let nobody = SignedOut { was_signed_in, logout_url: None, page_opened: false };
            return told(answer("nobody was signed in", &nobody));
        }
        let url = self.shared.session.directory().authority.logout();
        let message = "The tokens are forgotten. Open this page to end your browser's session at Entra ID too.";
        let question = ask.page(LOGOUT, message, &url);
        let page_opened = match question.missing(&context.client_capabilities().unwrap_or_default()) {
            Some(_) => false,
            None => match ask.question(LOGOUT, question).await? {
                Some(reply) => reply.action == ElicitationAction::Accept,
                None => return Ok(ask.needs_input()?.into()),
            },
        };
        let text = format!(
            "signed out: every token is forgotten here. The browser's session at Entra goes on until it is ended at \
             {url}, and Entra offers no way to revoke a single refresh token"
        );
        told(answer(text, &SignedOut { was_signed_in, logout_url: Some(url), page_opened }))
    }

    /// Says who is signed in, for how long, where the tokens are kept, and what the next call will do.
    #[tool(
        title = "Sign-in status",
        annotations(
            title = "Sign-in status",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Status>()
    )]
    async fn auth_status(
        &self,
        Parameters(NoArguments {}): Parameters<NoArguments>,
    ) -> Result<CallToolResult, Refusal> {
        let session = &self.shared.session;
        let entry = session.entry().await.map_err(|error| messages::of_session(error.into()))?;
        let waiting = self.shared.sign_ins.current().await.is_some();
        let next = match &entry {
            Some(entry) if session.is_fresh(entry) => Next::UseToken,
            Some(entry) if entry.refresh_token.is_some() => Next::Refresh,
            _ if waiting => Next::WaitForPerson,
            _ => Next::SignIn,
        };
        let directory = session.directory();
        let status = Status {
            signed_in: entry.is_some(),
            scopes: entry.as_ref().map(|entry| entry.access.scopes.iter().cloned().collect()).unwrap_or_default(),
            expires_in_seconds: entry.as_ref().map(|entry| session.seconds_left(entry)),
            account: entry.map(|entry| entry.account),
            tokens_are_kept: session.place(),
            tenant_id: directory.authority.tenant().to_owned(),
            client_id: directory.client_id.clone(),
            next,
        };
        answer(describe(&status), &status)
    }
}

/// The name of the question about the page for signing out.
const LOGOUT: &str = "logout";

fn told(result: Result<CallToolResult, Refusal>) -> Result<CallToolResponse, ErrorData> {
    result.map_or_else(Refusal::into_call_tool_result, |result| Ok(result.into()))
}

fn profile(user: &User) -> String {
    let line = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name}: {value}"));
    let lines = [
        line("name", &user.display_name),
        line("signs in as", &user.user_principal_name),
        line("mail", &user.mail),
        line("job title", &user.job_title),
        line("office", &user.office_location),
        Some(format!("id: {}", user.id)),
    ];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn describe(status: &Status) -> String {
    let who = status.account.as_ref().map_or("nobody is signed in".to_owned(), |account| {
        let name = account.username.as_deref().unwrap_or(&account.object_id);
        format!("signed in as {name}; the access token is good for {} s", status.expires_in_seconds.unwrap_or(0).max(0))
    });
    let next = match status.next {
        Next::UseToken => "the next call uses it",
        Next::Refresh => "the next call refreshes it, and asks nobody",
        Next::SignIn => "the next call asks the person to sign in",
        Next::WaitForPerson => "the person has been asked to sign in, and the next call waits for that",
    };
    format!("{who}; {next}. Tokens are kept {}", status.tokens_are_kept)
}
