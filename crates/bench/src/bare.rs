//! The practical limit: no SDK and no guards, only a transport, serde_json, and the same bytes for an answer.

use std::{
    io::{BufRead, Write},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
};

use axum::{Router, extract::State, http::header, response::IntoResponse, routing::post, serve::ListenerExt};
use bytes::Bytes;
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::measure::calls::work;

/// Files with results that this server cannot make from a request, and the work whose answer they hold.
pub(crate) const FILES: [(usize, &str); 3] =
    [(work::LIST, "list-2026.json"), (work::LIST_STATELESS, "list-2025.json"), (work::PICTURE, "picture.json")];

/// Where those files are.
#[derive(Debug, Clone, Args)]
pub(crate) struct Settings {
    /// Folder with the results of tools/list and of the tool `picture`
    #[arg(long)]
    answers: PathBuf,
}

/// The bare server over HTTP.
#[derive(Debug, Clone, Args)]
pub(crate) struct Http {
    #[arg(long, default_value = "127.0.0.1:0")]
    bind: SocketAddr,
    #[command(flatten)]
    settings: Settings,
}

struct Answers {
    list: Vec<u8>,
    list_legacy: Vec<u8>,
    picture: Vec<u8>,
}

#[derive(Deserialize)]
struct Request<'a> {
    id: Value,
    method: &'a str,
    #[serde(default)]
    params: Params,
}

#[derive(Default, Deserialize)]
struct Params {
    name: Option<String>,
    arguments: Option<Value>,
    #[serde(rename = "_meta")]
    meta: Option<Value>,
}

/// The answer of the SDK to `echo`, field by field.
#[derive(Serialize)]
struct Response<'a> {
    jsonrpc: &'static str,
    id: &'a Value,
    result: Echo<'a>,
}

#[derive(Serialize)]
struct Echo<'a> {
    #[serde(rename = "resultType", skip_serializing_if = "Option::is_none")]
    result_type: Option<&'static str>,
    content: [Text<'a>; 1],
    #[serde(rename = "isError")]
    is_error: bool,
    #[serde(rename = "_meta", skip_serializing_if = "Option::is_none")]
    meta: Option<Meta>,
}

#[derive(Serialize)]
struct Text<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
struct Meta {
    #[serde(rename = "io.modelcontextprotocol/serverInfo")]
    server: Implementation,
}

#[derive(Serialize)]
struct Implementation {
    name: &'static str,
    version: &'static str,
}

impl Answers {
    fn read(settings: &Settings) -> Self {
        // A server that is only asked for `echo` needs none of them.
        let [list, list_legacy, picture] =
            FILES.map(|(_, name)| std::fs::read(settings.answers.join(name)).unwrap_or_default());
        Self { list, list_legacy, picture }
    }

    fn answer(&self, body: &[u8]) -> serde_json::Result<Vec<u8>> {
        let request: Request<'_> = serde_json::from_slice(body)?;
        let modern = request.is_modern();
        let result = match (request.method, request.params.name.as_deref()) {
            ("tools/list", _) if modern => &self.list,
            ("tools/list", _) => &self.list_legacy,
            (_, Some("picture")) => &self.picture,
            _ => return echo(&request, modern),
        };
        let mut answer = Vec::with_capacity(result.len() + 64);
        answer.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
        serde_json::to_writer(&mut answer, &request.id)?;
        answer.extend_from_slice(br#","result":"#);
        answer.extend_from_slice(result);
        answer.push(b'}');
        Ok(answer)
    }
}

impl Request<'_> {
    fn is_modern(&self) -> bool {
        let version = self.params.meta.as_ref().map(|meta| &meta["io.modelcontextprotocol/protocolVersion"]);
        version.is_some_and(|version| version == "2026-07-28")
    }
}

fn echo(request: &Request<'_>, modern: bool) -> serde_json::Result<Vec<u8>> {
    let arguments = request.params.arguments.as_ref();
    let text = arguments.and_then(|arguments| arguments["text"].as_str()).unwrap_or_default();
    let meta = || Meta { server: Implementation { name: "bench", version: "1.0.0" } };
    let result = Echo {
        result_type: modern.then_some("complete"),
        content: [Text { kind: "text", text }],
        is_error: false,
        meta: modern.then(meta),
    };
    serde_json::to_vec(&Response { jsonrpc: "2.0", id: &request.id, result })
}

/// Axum, and nothing else.
pub(crate) async fn http(Http { bind, settings }: &Http) -> anyhow::Result<()> {
    let answers = Arc::new(Answers::read(settings));
    let router = Router::new().route("/mcp", post(handle)).with_state(answers);
    let listener = tokio::net::TcpListener::bind(bind).await?;
    eprintln!("listening on http://{}/mcp", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let end = async {
        // An error only says that there are no signals.
        let _ = mcp_support::shutdown::signal().await;
    };
    axum::serve(listener, router).with_graceful_shutdown(end).await?;
    Ok(())
}

async fn handle(State(answers): State<Arc<Answers>>, body: Bytes) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], answers.answer(&body).unwrap_or_default())
}

/// A loop over blocking pipes.
pub(crate) fn stdio(settings: &Settings) -> anyhow::Result<()> {
    let answers = Answers::read(settings);
    let mut input = std::io::stdin().lock();
    let mut output = std::io::stdout().lock();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let mut answer = answers.answer(&line)?;
        answer.push(b'\n');
        output.write_all(&answer)?;
        output.flush()?;
        line.clear();
    }
    Ok(())
}
