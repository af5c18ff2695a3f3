//! What the person wants: calls of tools, from flags or from a prompt, and their results.

use std::{sync::Arc, time::Duration};

use anyhow::bail;
use mcp_support::client::Revision;
use rmcp::{
    RoleClient,
    model::{CallToolRequestParams, CallToolResult, ContentBlock, PaginatedRequestParams},
    service::{RunningService, ServiceError},
};

use super::{
    args::{Call, arguments},
    console::{Console, Line},
    denied::Denied,
    handler::Host,
    visible::{one_line, visible},
};

const HELP: &str = "tools             what the server offers\n\
                    call NAME JSON    calls a tool, such as: call summarize {\"text\": \"...\"}\n\
                    help              this\n\
                    quit              the end\n";

/// How long a page of a list may take, and how many there may be.
const LIST: Duration = Duration::from_secs(30);
const MAX_PAGES: usize = 20;
/// Most letters of a result that are shown.
const MAX_SHOWN: usize = 1024 * 1024;

/// A connection, and whoever talks to it.
pub(super) struct Session {
    pub(super) client: RunningService<RoleClient, Host>,
    pub(super) console: Arc<Console>,
    pub(super) revision: Revision,
    /// How long a call may take.
    pub(super) deadline: Duration,
}

impl Session {
    /// Makes the calls in their order.
    ///
    /// # Errors
    /// One of them fails: the rest is not made.
    pub(super) async fn unattended(&self, calls: Vec<Call>) -> anyhow::Result<()> {
        for call in calls {
            let tool = one_line(&call.0, 120);
            if !self.call(call).await? {
                bail!("{tool} failed");
            }
        }
        Ok(())
    }

    /// Does what the person says until there is nothing more.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) async fn interactive(&self) -> anyhow::Result<()> {
        self.console.note("type help for what you can do");
        loop {
            // A person may think as long as they like: nothing waits for them.
            let line = self.console.turn().await.line("mcp> ", None).await;
            let Line::Text(line) = line else { return Ok(()) };
            let (command, rest) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
            match command {
                "" => {}
                "quit" | "exit" => return Ok(()),
                "help" => self.console.note(HELP.trim_end()),
                "tools" => self.tools().await?,
                "call" => {
                    let (tool, text) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), "{}"));
                    match arguments(text.trim()) {
                        Ok(arguments) => {
                            self.call((tool.to_owned(), arguments)).await?;
                        }
                        Err(what) => self.console.note(&format!("arguments of {tool}: {what}")),
                    }
                }
                other => self.console.note(&format!("there is no command '{}': type help", one_line(other, 40))),
            }
        }
    }

    async fn tools(&self) -> anyhow::Result<()> {
        let mut cursor = None;
        // A list need not have an end.
        for _ in 0..MAX_PAGES {
            let params = PaginatedRequestParams::default().with_cursor(cursor);
            let page = match tokio::time::timeout(LIST, self.client.list_tools(Some(params))).await {
                Ok(Ok(page)) => page,
                Ok(Err(error)) => {
                    self.console.note(&format!("no list of tools: {}", one_line(&error.to_string(), 500)));
                    return Ok(());
                }
                Err(_) => {
                    self.console.note("no list of tools: the server does not answer");
                    return Ok(());
                }
            };
            for tool in page.tools {
                let about = one_line(tool.description.as_deref().unwrap_or_default(), 500);
                self.console.result(&format!("{:<20}{about}\n", one_line(&tool.name, 120)))?;
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
        self.console.note(&format!("the list goes on after {MAX_PAGES} pages: the rest is not shown"));
        Ok(())
    }

    /// Calls a tool and shows its result. Returns whether it succeeded.
    async fn call(&self, (tool, arguments): Call) -> anyhow::Result<bool> {
        let under_way = self.client.service().calls.begin(&tool);
        let params = CallToolRequestParams::new(tool).with_arguments(arguments);
        let called = tokio::time::timeout(self.deadline, self.client.call_tool(params)).await;
        let denied = under_way.denied();
        drop(under_way);
        match called {
            Ok(Ok(result)) => {
                self.explain(denied.as_ref(), false);
                self.console.result(&shown(&result))?;
                Ok(result.is_error != Some(true))
            }
            Ok(Err(ServiceError::McpError(error))) => {
                // Spec(2026-07-28, mrtr): a client that does not answer need not call again. The error is our own.
                if self.revision == Revision::Modern && denied.is_some() {
                    self.explain(denied.as_ref(), true);
                } else {
                    self.explain(denied.as_ref(), false);
                    self.console.note(&format!("error {}: {}", error.code.0, one_line(&error.message, 1000)));
                }
                Ok(false)
            }
            Ok(Err(error)) => {
                self.console.note(&format!("the call failed: {}", one_line(&error.to_string(), 500)));
                Ok(false)
            }
            Err(_) => {
                self.console.note(&format!("no answer within {} s", self.deadline.as_secs()));
                Ok(false)
            }
        }
    }

    /// What became of the server's request, if this host denied it.
    fn explain(&self, denied: Option<&Denied>, ended: bool) {
        let Some(denied) = denied else { return };
        self.console.note(&format!("not answered: {}", one_line(&denied.to_string(), 500)));
        if ended {
            self.console.note("the call ends here: in 2026-07-28 the server waits for nothing, and is told nothing");
        }
    }
}

/// The readable part of a result. What comes from a server may hold anything.
fn shown(result: &CallToolResult) -> String {
    let mut text = String::new();
    for block in &result.content {
        match block {
            ContentBlock::Text(part) => text.push_str(&visible(&part.text)),
            ContentBlock::Image(part) => text.push_str(&format!("(a picture, {})", one_line(&part.mime_type, 80))),
            ContentBlock::Audio(part) => text.push_str(&format!("(a sound, {})", one_line(&part.mime_type, 80))),
            ContentBlock::ResourceLink(link) => text.push_str(&format!("(a resource: {})", one_line(&link.uri, 500))),
            _ => text.push_str("(something that this host does not show)"),
        }
        text.push('\n');
    }
    if let (true, Some(structure)) = (result.content.is_empty(), &result.structured_content) {
        text = format!("{}\n", visible(&structure.to_string()));
    }
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}\n(the result goes on: the rest is not shown)\n", &text[..end]),
        None => text,
    }
}
