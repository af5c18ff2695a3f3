//! (5) URL-mode elicitation: what the client must not see happens on a page between the person and this server.

use std::time::{Duration, Instant};

use axum::http::{header, request::Parts};
use mcp_support::{ask::Ask, harden::Deadline, progress::Progress, serve::principal};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{common::schema_for_output, tool::IntoCallToolResult, wrapper::Parameters},
    model::{CallToolResponse, CallToolResult, ElicitationAction},
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    ProtocolFeatures,
    answer::{answer, report},
};
use crate::{
    accounts::{LIFE, Provider, Standing},
    digest::hex,
    error::Refusal,
    pages::PATH,
};

/// How long one call waits for the person; the page works longer, and the next call finds its outcome.
const PATIENCE: Duration = Duration::from_secs(90);

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConnectAccount {
    /// Which account to connect.
    provider: Provider,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Connection {
    /// Which account.
    provider: Provider,
    /// Whether it is connected now.
    connected: bool,
    /// The name that the person gave it on the page.
    account: Option<String>,
}

#[tool_router(router = account_tools, vis = "pub(super)")]
impl ProtocolFeatures {
    /// Connects an account: the person opens a page of this server and approves there, out of the client's sight.
    #[tool(
        title = "Connect an account",
        annotations(
            title = "Connect an account",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Connection>()
    )]
    async fn connect_account(
        &self,
        Parameters(arguments): Parameters<ConnectAccount>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (owner, accounts) = (principal(&context), &self.shared.accounts);
        let provider = arguments.provider;
        let begun = accounts.begin(&owner, provider, Instant::now());
        let Ok(number) = begun else {
            return Refusal::later("too many accounts are being connected", "try again later").into_call_tool_result();
        };
        // Bound to this attempt: once its outcome has been told, or it has expired, the state opens nothing.
        let mut ask = Ask::new(&self.shared.sealer, &context, "tools/call connect_account", &(&arguments, &number))?;
        if accounts.open(&number, Instant::now()).is_none() {
            // Decided after the call before had stopped waiting.
            let standing = accounts.decision(&owner, &number).await;
            return told(provider, Some(standing)).map_or_else(Refusal::into_call_tool_result, |told| Ok(told.into()));
        }
        let url = format!("{}{PATH}{number}", self.origin(&context).await?);
        // It names the page to the client and does not lead to it.
        let id = hex(&Sha256::digest(number.as_bytes())[..8]);
        let message = format!("Approve the connection of your {} account on this page.", provider.name());
        let question = ask.page(&id, message, url);
        let Some(reply) = ask.question("visit", question).await? else {
            return Ok(ask.needs_input()?.into());
        };
        // Consent to open the page is not approval: that is given on the page.
        let standing = if reply.action == ElicitationAction::Accept {
            self.wait(&owner, &number, &context).await
        } else {
            accounts.forget(&owner, &number);
            Some(Standing::Declined)
        };
        if standing.is_some() {
            ask.page_done(&id).await;
        }
        told(provider, standing).map_or_else(Refusal::into_call_tool_result, |told| Ok(told.into()))
    }
}

impl ProtocolFeatures {
    /// Waits for the person, and says so now and then, which keeps the call alive.
    async fn wait(&self, owner: &str, number: &str, context: &RequestContext<RoleServer>) -> Option<Standing> {
        if let Some(deadline) = context.extensions.get::<Deadline>() {
            deadline.extend(PATIENCE + Duration::from_secs(10));
        }
        let progress = Progress::new(context);
        let mut decision = std::pin::pin!(self.shared.accounts.decision(owner, number));
        for second in 1..=PATIENCE.as_secs() {
            if let Ok(standing) = tokio::time::timeout(Duration::from_secs(1), &mut decision).await {
                return Some(standing);
            }
            report(&progress, second, PATIENCE.as_secs(), "waiting for the page".to_owned()).await;
        }
        None
    }

    /// Where the person's browser finds this server.
    async fn origin(&self, context: &RequestContext<RoleServer>) -> Result<String, ErrorData> {
        if let Some(url) = &self.shared.public_url {
            return Ok(url.as_str().trim_end_matches('/').to_owned());
        }
        // Over HTTP: the host that the client has used, which the gate has let pass.
        let parts = context.extensions.get::<Parts>();
        let host = parts.and_then(|parts| match parts.uri.authority() {
            // A target in absolute form counts before the header (RFC 9112, section 3.2.2).
            Some(authority) => Some(authority.as_str()),
            None => parts.headers.get(header::HOST)?.to_str().ok(),
        });
        if let Some(host) = host {
            return Ok(format!("http://{host}"));
        }
        let origin = self.shared.local_pages.origin(&self.shared.accounts).await;
        origin.map(str::to_owned).map_err(|error| {
            tracing::error!(%error, "cannot serve the page");
            ErrorData::internal_error("internal error", None)
        })
    }
}

fn told(provider: Provider, standing: Option<Standing>) -> Result<CallToolResult, Refusal> {
    let name = provider.name();
    match standing {
        Some(Standing::Connected(account)) => {
            let text = format!("{name} is connected as {account}");
            answer(text, &Connection { provider, connected: true, account: Some(account) })
        }
        Some(Standing::Declined) => {
            let text = format!("{name} is not connected: the person said no");
            answer(text, &Connection { provider, connected: false, account: None })
        }
        Some(Standing::Gone | Standing::Open) => {
            let hint = format!("call again for a new page; one works for {} minutes", LIFE.as_secs() / 60);
            Err(Refusal::later("the page has expired", hint))
        }
        None => Err(Refusal::later(
            format!("nobody has decided within {} s", PATIENCE.as_secs()),
            "call again once the person has used the page",
        )),
    }
}
