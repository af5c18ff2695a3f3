//! A context as it goes over the wire, to tools, resources and prompts alike.

use std::collections::BTreeMap;

use rmcp::schemars::JsonSchema;
use serde::Serialize;

use super::MAX_TEXT_BYTES;
use crate::contexts::{
    Overview, handle,
    insights::Insight,
    model::{ContextInfo, Message},
};

/// A context with what is in it.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::server) struct ContextView {
    /// The context.
    pub(in crate::server) context: ContextInfo,
    /// Resource that shows the same.
    pub(in crate::server) uri: String,
    /// Metadata that readers see.
    metadata: BTreeMap<String, String>,
    /// Names of secret metadata; the owner alone sees them.
    secret_fields: Vec<String>,
    /// Secret metadata, where the owner has asked for it.
    secret_metadata: Option<BTreeMap<String, String>>,
    /// Sentences that matter, in the order of their messages.
    insights: Vec<Insight>,
    /// The newest messages, in order.
    pub(in crate::server) messages: Vec<Message>,
    /// Messages that are kept and not shown here.
    not_shown: u32,
}

/// What a caller sees: no more messages than fit into [`MAX_TEXT_BYTES`], and at least the newest.
pub(in crate::server) fn overview(overview: Overview) -> ContextView {
    let Overview { context, metadata, secrets, insights, mut messages } = overview;
    let mut bytes = 0;
    let fitting = messages.iter().rev().take_while(|message| {
        let is_first = bytes == 0;
        bytes += message.content.len();
        is_first || bytes <= MAX_TEXT_BYTES
    });
    let shown = fitting.count();
    messages.drain(..messages.len() - shown);
    ContextView {
        uri: handle::uri(&context.context_id),
        not_shown: context.messages.saturating_sub(u32::try_from(shown).unwrap_or(u32::MAX)),
        secret_fields: secrets.names(),
        secret_metadata: secrets.exposed(),
        context,
        metadata,
        insights,
        messages,
    }
}

impl ContextView {
    /// For people.
    pub(in crate::server) fn text(&self) -> String {
        let mut text = headline(&self.context);
        for (name, value) in &self.metadata {
            text.push_str(&format!("\n{name}: {value}"));
        }
        for name in &self.secret_fields {
            let value = self.secret_metadata.as_ref().and_then(|secrets| secrets.get(name));
            let value = value.map_or("(not shown: set include_secrets)", String::as_str);
            text.push_str(&format!("\n{name}, secret: {value}"));
        }
        if !self.insights.is_empty() {
            text.push_str("\nInsights:");
        }
        for insight in &self.insights {
            text.push_str(&format!("\n- [{}] {}", insight.position, insight.text));
        }
        if self.not_shown > 0 {
            text.push_str(&format!("\n({} earlier messages are not shown)", self.not_shown));
        }
        for message in &self.messages {
            text.push_str(&format!("\n[{}] {}: {}", message.position, message.role, message.content));
        }
        text
    }
}

/// A context in one line.
pub(in crate::server) fn headline(context: &ContextInfo) -> String {
    let state = if context.archived_at.is_some() { "archived" } else { "active" };
    format!(
        "{} ({}): {state}, you are its {}, {} messages, version {}",
        context.name, context.context_id, context.access, context.messages, context.version
    )
}
