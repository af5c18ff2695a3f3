//! (3) `summarize`: the smallest tool that needs a model.

use rmcp::{
    ErrorData, RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResponse,
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::{
    SamplingServer,
    answer::{Origin, answer, clean, within},
};
use crate::ask_for;

/// Longest text, in characters.
pub(super) const MAX_TEXT: usize = 20_000;

/// Letters of a word that is still counted as one.
const MAX_WORD: usize = 60;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Summarize {
    /// What to summarize.
    #[schemars(length(min = 1, max = 20000))]
    text: String,
    /// Most words of the summary; 60 when absent.
    #[schemars(range(min = 5, max = 500))]
    max_words: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Summary {
    /// The summary.
    text: String,
    /// Its words.
    words: usize,
    /// Whether the model wrote more than was asked for, and the rest was cut off.
    cut: bool,
    #[serde(flatten)]
    origin: Origin,
}

#[tool_router(router = text_tools, vis = "pub(super)")]
impl SamplingServer {
    /// Shortens a text to a number of words; use it when the text is longer than what its reader has time for.
    #[tool(
        title = "Summarize a text",
        annotations(
            title = "Summarize a text",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<Summary>()
    )]
    async fn summarize(
        &self,
        Parameters(arguments): Parameters<Summarize>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.with_models("summarize", &arguments, &context, async |chain| {
            let text = clean("text", &arguments.text, MAX_TEXT)?;
            let max_words = within("max_words", arguments.max_words.unwrap_or(60), 5, 500)? as usize;
            let Some(completion) = chain.complete("summary", &ask_for::summary(&text, max_words)).await? else {
                return Ok(None);
            };
            let (text, cut) = first_words(completion.text.trim(), max_words);
            let origin = Origin::of(&completion, &chain.fallbacks);
            let shown = format!("{text}\n\n{}", origin.line());
            let words = text.unicode_words().count();
            let summary = Summary { words, text, cut, origin };
            Ok(Some(answer(shown, &summary)?))
        })
        .await
    }
}

/// At most `most` words of `text`, and whether that is less than all. Models do not count well, and not every word is
/// short.
fn first_words(text: &str, most: usize) -> (String, bool) {
    if let Some((place, _)) = text.char_indices().nth(most * MAX_WORD) {
        return (format!("{} ...", &text[..place]), true);
    }
    match text.unicode_word_indices().nth(most) {
        Some((place, _)) => (format!("{} ...", text[..place].trim_end()), true),
        None => (text.to_owned(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_not_believed() {
        assert_eq!(first_words("One two, three.", 3), ("One two, three.".to_owned(), false));
        assert_eq!(first_words("One two, three.", 2), ("One two, ...".to_owned(), true));
        assert_eq!(first_words(&"x".repeat(1000), 2), (format!("{} ...", "x".repeat(120)), true));
    }
}
