//! (1) Work that takes its time: progress by the token in `_meta`, and cancellation at every `await`.

use std::io::Read;

use mcp_support::progress::Progress;
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResult,
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};

use super::{
    ProtocolFeatures,
    answer::{answer, length, report, within},
};
use crate::{
    batch::{MAX_ITEM_CHARS, Operation, Outcome},
    digest::{Digest, Meter},
    downloads::Download,
    error::{Refusal, quoted},
    facts::PAGES,
    search::Found,
};

const MAX_ITEMS: usize = 1000;
/// Items between two moments at which a batch can be cancelled.
const ITEMS_AT_ONCE: usize = 16;
const MIN_CHUNK: u32 = 1024;
const MAX_CHUNK: u32 = 1024 * 1024;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProcessLargeFile {
    /// Path of a file inside the allowed folder, such as `numbers.txt`.
    #[schemars(length(min = 1, max = 1024))]
    path: String,
    /// Bytes that are read at a time; 65536 when absent.
    #[schemars(range(min = 1024, max = 1_048_576))]
    chunk_bytes: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BatchOperation {
    /// Texts to work on, each at most 10000 characters, and all of them within the 4 MiB of a message.
    #[schemars(length(min = 1, max = 1000))]
    items: Vec<String>,
    /// What to do to each.
    operation: Operation,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Batch {
    /// Items that were done.
    succeeded: usize,
    /// Items that could not be done.
    failed: usize,
    /// What became of each, in order.
    items: Vec<Outcome>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LongRunningSearch {
    /// What to look for in the catalog's lines, such as `prime; Roman M`.
    #[schemars(length(min = 1, max = 200))]
    query: String,
    /// Pages to search, 50 numbers each; a page takes 10 ms.
    #[schemars(range(min = 1, max = 1000))]
    pages: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DownloadFile {
    /// An https: URL of a public host.
    #[schemars(length(min = 1, max = 2048))]
    url: String,
}

#[tool_router(router = long_tools, vis = "pub(super)")]
impl ProtocolFeatures {
    /// Reads a file of the allowed folder chunk by chunk; use it for its SHA-256 digest, and to count its lines and words.
    #[tool(
        title = "Process a large file",
        annotations(
            title = "Process a large file",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Digest>()
    )]
    async fn process_large_file(
        &self,
        Parameters(arguments): Parameters<ProcessLargeFile>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let chunk = within("chunk_bytes", arguments.chunk_bytes.unwrap_or(64 * 1024), MIN_CHUNK, MAX_CHUNK)?;
        let (files, path) = (self.shared.files.clone(), arguments.path.clone());
        let opening = tokio::task::spawn_blocking(move || files.file(&path));
        let (mut file, size) = opening.await.map_err(|error| Refusal::internal("opening a file", error))??;
        let progress = Progress::new(&context);
        let mut meter = Meter::default();
        let (mut buffer, mut done) = (vec![0; chunk as usize], 0);
        loop {
            // One chunk on a thread: when this call is dropped, no more than that chunk is still read.
            let reading = tokio::task::spawn_blocking(move || {
                let read = file.read(&mut buffer)?;
                meter.update(&buffer[..read]);
                std::io::Result::Ok((file, buffer, meter, read as u64))
            });
            let read;
            (file, buffer, meter, read) = reading
                .await
                .map_err(|error| Refusal::internal("reading a file", error))?
                .map_err(|error| Refusal::internal("reading a file", error))?;
            if read == 0 {
                break;
            }
            done += read;
            report(&progress, done, size.max(done), format!("{done} of {size} bytes")).await;
        }
        let digest = meter.finish();
        let text = format!(
            "{}: {} bytes, {} lines, {} words, SHA-256 {}",
            arguments.path, digest.bytes, digest.lines, digest.words, digest.sha256
        );
        answer(text, &digest)
    }

    /// Does one operation to many texts; use it for whole lists. An item that cannot be done is reported beside the others.
    #[tool(
        title = "Batch operation",
        annotations(
            title = "Batch operation",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Batch>()
    )]
    async fn batch_operation(
        &self,
        Parameters(arguments): Parameters<BatchOperation>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let all = within("the number of items", arguments.items.len(), 1, MAX_ITEMS)?;
        let progress = Progress::new(&context);
        let mut items = Vec::with_capacity(all);
        for (index, item) in arguments.items.iter().enumerate() {
            items.push(arguments.operation.apply(index, item));
            report(&progress, index as u64 + 1, all as u64, format!("item {} of {all}", index + 1)).await;
            if index % ITEMS_AT_ONCE == 0 {
                tokio::task::yield_now().await;
            }
        }
        let failed = items.iter().filter(|item| item.error.is_some()).count();
        let batch = Batch { succeeded: all - failed, failed, items };
        let note = if failed > 0 { format!(" (items are at most {MAX_ITEM_CHARS} characters)") } else { String::new() };
        answer(format!("{} of {all} items done, {failed} failed{note}", batch.succeeded), &batch)
    }

    /// Searches the catalog of numbers page by page; use it to see what cancelling a call in the middle does.
    #[tool(
        title = "Long-running search",
        annotations(
            title = "Long-running search",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Found>()
    )]
    async fn long_running_search(
        &self,
        Parameters(arguments): Parameters<LongRunningSearch>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        length("query", &arguments.query, 1, 200)?;
        let pages = within("pages", arguments.pages, 1, PAGES)?;
        let progress = Progress::new(&context);
        let mut search = self.shared.searches.open(&arguments.query);
        for page in 1..=pages {
            // A cancelled call ends here, at an `await`: it is dropped, and `search` with it.
            let matches = search.page(page).await;
            report(&progress, page.into(), u64::from(pages), format!("page {page} of {pages}, {matches} matches"))
                .await;
        }
        let found = search.finish(pages);
        let first = found.hits.iter().take(3).cloned().collect::<Vec<_>>().join("\n  ");
        answer(
            format!("{} of {pages} pages' lines contain {}\n  {first}", found.matches, quoted(&arguments.query)),
            &found,
        )
    }

    /// Downloads a file of a public host to the server's disk, at most 64 MiB; use it for its digest and content type.
    #[tool(
        title = "Download a file",
        annotations(
            title = "Download a file",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<Download>()
    )]
    async fn download_file(
        &self,
        Parameters(arguments): Parameters<DownloadFile>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        length("url", &arguments.url, 1, 2048)?;
        let progress = Progress::new(&context);
        let download = self
            .shared
            .downloads
            .get(&arguments.url, |bytes| report(&progress, bytes, None, format!("{bytes} bytes")))
            .await?;
        let text = format!("{} bytes from {}, SHA-256 {}", download.digest.bytes, download.url, download.digest.sha256);
        answer(text, &download)
    }
}
