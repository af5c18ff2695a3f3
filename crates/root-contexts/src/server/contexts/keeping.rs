//! (8) What somebody takes away from a context: a summary, or all of it.

use mcp_support::serve::principal;
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::{CallToolResult, ContentBlock, Resource},
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};

use super::{
    MAX_TEXT_BYTES,
    arguments::{handle, within},
};
use crate::{
    contexts::{Format, handle::messages_uri, summary::Picked},
    error::Refusal,
    server::{RootContexts, answer::answer},
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SummarizeContext {
    /// Handle of the context.
    #[schemars(regex(pattern = r"^[0-9a-f]{32}$"))]
    context_id: String,
    /// Sentences of the summary, at most; 5 when absent.
    #[schemars(range(min = 1, max = 20))]
    max_sentences: Option<usize>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExportContext {
    /// Handle of the context.
    #[schemars(regex(pattern = r"^[0-9a-f]{32}$"))]
    context_id: String,
    /// How it is written; markdown when absent.
    format: Option<Format>,
    /// Position to go on from: next_position of the part before. From the beginning when absent.
    #[schemars(range(min = 1))]
    from_position: Option<u32>,
    /// Write secret metadata too. For the owner only; false when absent.
    include_secrets: Option<bool>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Summarized {
    /// Handle of the context.
    context_id: String,
    /// How the summary was made: extractive (sentences as they were said), or abstractive (a model's own words).
    method: String,
    /// What made it.
    made_by: String,
    /// The summary.
    text: String,
    /// Its sentences with the messages that they come from, in the order of the conversation.
    sentences: Vec<Picked>,
    /// Sentences that it was chosen from.
    considered_sentences: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Exported {
    /// Handle of the context.
    context_id: String,
    /// How it is written.
    format: Format,
    /// The context, or a part of it.
    text: String,
    /// Messages in this part.
    messages: u32,
    /// Send it as from_position to get the next part; null at the end.
    next_position: Option<u32>,
}

#[tool_router(router = context_keeping_tools, vis = "pub(in crate::server)")]
impl RootContexts {
    /// Summarizes a context in a few of its own sentences, each with the message that it comes from.
    #[tool(
        title = "Summarize a context",
        annotations(
            title = "Summarize a context",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Summarized>()
    )]
    async fn summarize_context(
        &self,
        Parameters(arguments): Parameters<SummarizeContext>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let most = within("max_sentences", arguments.max_sentences.unwrap_or(5), 1, 20)?;
        let (_, said) = self.contexts().sentences(&principal(&context), handle(&arguments.context_id)?).await?;
        let considered = said.len();
        if said.is_empty() {
            return Err(Refusal::argument("the context holds no messages", "append some with append_message first"));
        }
        let summarizer = &self.shared.summarizer;
        let summary = summarizer.summarize(said, most).await.map_err(|error| {
            tracing::warn!(%error, "no summary");
            Refusal::argument("the summary could not be made", "try again in a minute, or read it with get_context")
        })?;
        let mut text = format!("{} ({}), from {considered} sentences:", summarizer.method(), summarizer.made_by());
        match summary.sentences.as_slice() {
            [] => text.push_str(&format!("\n{}", summary.text)),
            sentences => {
                for Picked { position, role, text: sentence, .. } in sentences {
                    text.push_str(&format!("\n- [{position}, {role}] {sentence}"));
                }
            }
        }
        let summarized = Summarized {
            context_id: arguments.context_id,
            method: summarizer.method().to_owned(),
            made_by: summarizer.made_by(),
            text: summary.text,
            sentences: summary.sentences,
            considered_sentences: considered,
        };
        answer(text, &summarized)
    }

    /// Writes a context as Markdown or JSON to keep it elsewhere, in parts of about 64 KiB.
    #[tool(
        title = "Export a context",
        annotations(
            title = "Export a context",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Exported>()
    )]
    async fn export_context(
        &self,
        Parameters(arguments): Parameters<ExportContext>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let ExportContext { context_id, format, from_position, include_secrets } = arguments;
        handle(&context_id)?;
        let format = format.unwrap_or(Format::Markdown);
        if let Some(position) = from_position {
            within("from_position", position, 1, u32::MAX)?;
        }
        let (caller, secrets) = (principal(&context), include_secrets.unwrap_or(false));
        let contexts = self.contexts();
        let export = contexts.export(&caller, &context_id, format, from_position, secrets, MAX_TEXT_BYTES).await?;
        let Some(next) = export.next_position else {
            return answer(export.text.clone(), &exported(context_id, format, export));
        };
        let uri = messages_uri(&context_id);
        let link = Resource::new(uri, "messages")
            .with_title(format!("All messages of {}", export.context.name))
            .with_mime_type("application/json");
        let text =
            format!("{}\n(to be continued: from_position {next}; the link has all messages at once)", export.text);
        let mut result = answer(text, &exported(context_id, format, export))?;
        result.content.push(ContentBlock::resource_link(link));
        Ok(result)
    }
}

fn exported(context_id: String, format: Format, export: crate::contexts::Export) -> Exported {
    Exported { context_id, format, text: export.text, messages: export.messages, next_position: export.next_position }
}
