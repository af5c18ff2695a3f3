//! Tools around one context: opened with a handle, read page by page, assembled from layers.

use mcp_support::{
    refusal::{Refusal, answer, quoted},
    serve::principal,
};
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResult,
    service::RequestContext,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    ContextEngineering,
    answers::ContextAnswer,
    arguments::{budget, handle, question},
};
use crate::{
    corpus::Corpus,
    gaps::{Gap, gaps},
    memory::Opened,
    packing::page,
    search::Filter,
    strategy::{Strategy, ranking, whole_chunks},
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OpenArguments {
    /// What the context is about.
    #[schemars(length(min = 1, max = 2000))]
    query: String,
    /// Most tokens of the first page, from 50 to 100000; 1000 where it is absent.
    #[serde(default)]
    #[schemars(range(min = 50, max = 100000))]
    token_budget: Option<usize>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExpandArguments {
    /// A `context_id` from `open_context`.
    #[schemars(length(min = 32, max = 32))]
    context: String,
    /// `next_cursor` of the page before; the first page where it is absent.
    #[serde(default)]
    #[schemars(length(max = 40))]
    cursor: Option<String>,
    /// Most tokens of this page, from 50 to 100000; 1000 where it is absent.
    #[serde(default)]
    #[schemars(range(min = 50, max = 100000))]
    token_budget: Option<usize>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct PageAnswer {
    /// The handle. It is this caller's alone.
    context_id: String,
    /// Seconds since 1970 at which it ends.
    expires: i64,
    #[serde(flatten)]
    page: ContextAnswer,
    /// For the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// Words of the question that this page does not have.
    gaps: Vec<Gap>,
    /// What has made the vectors.
    embedder: String,
}

#[tool_router(router = context_tools, vis = "pub(super)")]
impl ContextEngineering {
    /// Opens a context for a question: its first page, what is missing in it, and a handle under which decisions are kept.
    #[tool(
        title = "Open a context",
        annotations(
            title = "Open a context",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<PageAnswer>()
    )]
    async fn open_context(
        &self,
        Parameters(asked): Parameters<OpenArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let (query, budget, owner) = (question(&asked.query)?, budget(asked.token_budget)?, principal(&context));
        let opened = self.blocking(move |shared| {
            let corpus = shared.library.of(&owner)?;
            let opened = shared.memory.open_context(&owner, &query)?;
            paged(&corpus, &opened, None, budget)
        });
        let opened = opened.await?;
        answer(format!("context {}\n{}", opened.context_id, opened.page.context), &opened)
    }

    /// Reads a context page by page, the best first, nothing twice; use it when a page leaves gaps.
    #[tool(
        title = "Expand a context",
        annotations(
            title = "Expand a context",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<PageAnswer>()
    )]
    async fn expand_context(
        &self,
        Parameters(asked): Parameters<ExpandArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let (id, budget, owner) = (handle(&asked.context)?, budget(asked.token_budget)?, principal(&context));
        let page = self.blocking(move |shared| {
            let corpus = shared.library.of(&owner)?;
            let opened = shared.memory.context(&owner, &id)?;
            paged(&corpus, &opened, asked.cursor.as_deref(), budget)
        });
        let page = page.await?;
        let more = if page.next_cursor.is_some() { "there is more" } else { "that is all" };
        answer(format!("{}\n{more}", page.page.context), &page)
    }
}

fn paged(corpus: &Corpus, opened: &Opened, cursor: Option<&str>, budget: usize) -> Result<PageAnswer, Refusal> {
    let ranked = whole_chunks(&ranking(corpus, &opened.question, Strategy::Packed, &Filter::default())?);
    let seal = seal(corpus, &opened.id);
    let begin = cursor.map_or(Ok(0), |cursor| begin(cursor, seal, ranked.len()))?;
    let (packed, taken) = page(corpus, &ranked[begin..], budget);
    let next = begin + taken;
    let shown: Vec<&str> = packed.passages.iter().map(|passage| passage.text()).collect();
    Ok(PageAnswer {
        context_id: opened.id.clone(),
        expires: opened.expires,
        next_cursor: (next < ranked.len()).then(|| format!("{next}.{seal:016x}")),
        gaps: gaps(corpus, &opened.question, &shown),
        page: ContextAnswer::new(&packed, budget, corpus.encoding()),
        embedder: corpus.embedder_name(),
    })
}

/// Of which context, corpus and vectors a cursor is, since ranks change with all of them.
fn seal(corpus: &Corpus, context: &str) -> u64 {
    let fingerprint = corpus.fingerprint().to_be_bytes();
    let hash = Sha256::new().chain_update(context).chain_update(fingerprint).chain_update(corpus.embedder_name());
    hash.finalize().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// Where a page begins.
fn begin(cursor: &str, seal: u64, all: usize) -> Result<usize, Refusal> {
    let wrong =
        |what: &str| Refusal::argument(format!("cursor {} {what}", quoted(cursor)), "begin again without a cursor");
    let (at, of) = cursor.split_once('.').ok_or_else(|| wrong("is none of this tool"))?;
    let at = at.parse::<usize>().map_err(|_| wrong("is none of this tool"))?;
    if u64::from_str_radix(of, 16) != Ok(seal) {
        return Err(wrong("is of another context, or of a corpus that has changed"));
    }
    if at >= all { Err(wrong("is none of this tool")) } else { Ok(at) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{About, Document, Kind};

    #[test]
    fn a_cursor_is_of_one_context_and_of_one_state_of_the_corpus() {
        let corpus = |first: &str| {
            let mut corpus = Corpus::default();
            let text = |n: usize| if n == 0 { first.to_owned() } else { format!("The lamp of gate {n} is green.") };
            let documents = (0..12)
                .map(|n| Document::new(&format!("d{n}"), Kind::Text, &text(n), About::default()).expect("a document"));
            corpus.ingest(documents.collect()).expect("fits");
            corpus
        };
        let opened = |id: &str| Opened { id: id.to_owned(), question: "Which lamp is green?".to_owned(), expires: 0 };
        let (before, after) = (corpus("The lamp of dock A is green."), corpus("The lamp of dock B is green."));
        let first = paged(&before, &opened("one"), None, 60).expect("a page");
        let cursor = first.next_cursor.expect("there is more");
        assert!(cursor.len() <= 40 && paged(&before, &opened("one"), Some(&cursor), 60).is_ok());
        for (corpus, context) in [(&after, "one"), (&before, "two")] {
            let error = paged(corpus, &opened(context), Some(&cursor), 60).expect_err("of something else").to_string();
            assert!(error.contains("is of another context, or of a corpus that has changed"), "{error}");
        }
    }
}
