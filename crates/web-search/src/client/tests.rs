//! The client against a server in this process, which searches the bundled collection; and one that means ill.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use mcp_support::{
    client::{Recorder, connect_over},
    search::provider::{ProviderRequest, Vertical},
};
use rmcp::{
    ClientLifecycleMode, ErrorData, RoleClient, RoleServer, ServerHandler, ServiceExt,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult, PaginatedRequestParams,
        ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::IntoTransport,
};
use serde_json::json;

use super::{
    editor::{Lines, Typed},
    *,
};
use crate::{answer::cascade, embedded::Embedded};

/// A server whose tools search, or say what would harm a terminal.
#[derive(Clone)]
struct Double {
    embedded: Embedded,
    /// What is wrong with it.
    fault: Fault,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// It says that prices are unknown.
    NoPrices,
    /// It sends controls.
    Hostile,
}

impl Double {
    fn search(&self, tool: &str, arguments: &Map<String, Value>) -> CallToolResult {
        let vertical = match tool {
            "news_search" => Vertical::News,
            "product_search" => Vertical::Products,
            _ => Vertical::Web,
        };
        let text = arguments.get("query").or(arguments.get("question")).and_then(Value::as_str).unwrap_or_default();
        let mut request = ProviderRequest::new(vertical, text);
        if let Some(count) = arguments.get("num_results").and_then(Value::as_u64) {
            request.count = usize::try_from(count).unwrap_or(usize::MAX);
        }
        let mut found = match self.embedded.search_blocking(&request) {
            Ok(found) => found,
            Err(error) => return CallToolResult::error(vec![ContentBlock::text(error.to_string())]),
        };
        if self.fault == Fault::NoPrices {
            found.results.iter_mut().for_each(|result| result.price = None);
        }
        let structured = match tool {
            "qna" => json!({"answers": cascade(text, &found)}),
            _ => json!({"results": found.results}),
        };
        let mut result = CallToolResult::structured(structured);
        result.content = vec![ContentBlock::text(match self.fault {
            Fault::Hostile => "fine\u{1b}[2J\nsearch> quit\u{202e}",
            _ => "some results",
        })];
        result
    }
}

impl ServerHandler for Double {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = |name: &str| {
            let properties = json!({(name): {"type": "string"}, "num_results": {"type": "integer"}});
            let schema = json!({"type": "object", "properties": properties, "required": [name]});
            Arc::new(schema.as_object().cloned().unwrap_or_default())
        };
        let about = if self.fault == Fault::Hostile { "Looks\u{1b}[31m well" } else { "Searches." };
        let tools =
            ["general_search", "news_search", "product_search"].map(|name| Tool::new(name, about, schema("query")));
        let tools = tools.into_iter().chain([Tool::new("qna", about, schema("question"))]).collect();
        Ok(ListToolsResult::with_all_items(tools))
    }

    async fn call_tool(
        &self,
        params: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        Ok(self.search(&params.name, &params.arguments.unwrap_or_default()).into())
    }
}

async fn session(fault: Fault) -> Session {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let server = Double { embedded: Embedded::in_memory().expect("an index"), fault };
    tokio::spawn(async move {
        let running = server.serve(near).await.expect("a handshake");
        let _ = running.waiting().await;
    });
    let far = IntoTransport::<RoleClient, _, _>::into_transport(far);
    let client = connect_over(far, ClientLifecycleMode::Initialize, Recorder::default(), None).await;
    Session::of(client.expect("a connection"), Revision::Legacy).await.expect("a list of tools")
}

/// Lines that are typed, one after the other, and what was asked.
struct Script {
    lines: VecDeque<Typed>,
    seen: Arc<Mutex<String>>,
}

impl Lines for Script {
    async fn line(&mut self, prompt: &str, _: bool) -> anyhow::Result<Typed> {
        self.seen.lock().expect("no test fails while it writes").push_str(prompt);
        Ok(self.lines.pop_front().unwrap_or(Typed::End))
    }
}

/// What a person sees who types this.
async fn types(fault: Fault, lines: impl IntoIterator<Item = Typed>) -> String {
    let seen = Arc::new(Mutex::new(String::new()));
    let script = Script { lines: lines.into_iter().collect(), seen: seen.clone() };
    interactive::run(&session(fault).await, &Screen::seen_by(&seen), script).await.expect("an end");
    seen.lock().expect("no test has failed").clone()
}

fn typed(line: &str) -> Typed {
    Typed::Line(line.to_owned())
}

#[tokio::test]
async fn the_demonstration_holds_and_says_so_in_json() {
    let session = session(Fault::None).await;
    for json in [false, true] {
        let seen = Arc::new(Mutex::new(String::new()));
        automatic::demonstrate(&session, &Screen::seen_by(&seen), json).await.expect("every check holds");
        let seen = seen.lock().expect("no test has failed").clone();
        if json {
            let objects: Vec<Value> = seen.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
            assert_eq!(objects.len(), 5);
            assert!(objects[2]["checks"]["a price is a number with a currency"] == json!(true), "{}", objects[2]);
            assert_eq!((&objects[3]["tool"], &objects[4]["is_error"]), (&json!("qna"), &json!(true)));
        } else {
            assert!(seen.contains("ok   news has dates") && !seen.contains("FAIL"), "{seen}");
        }
    }
}

#[tokio::test]
async fn a_demonstration_that_does_not_hold_is_an_error() {
    let session = session(Fault::NoPrices).await;
    let seen = Arc::new(Mutex::new(String::new()));
    let error = automatic::demonstrate(&session, &Screen::seen_by(&seen), false).await.expect_err("a check fails");
    assert_eq!(error.to_string(), "product_search: not true: a price is a number with a currency");
    assert!(seen.lock().expect("no test has failed").contains("FAIL a price is a number"));
}

#[tokio::test]
async fn a_person_chooses_by_number_by_name_and_by_its_beginning() {
    let lines =
        ["1 rust async", "qna is raid a backup", "new eclipse num_results=1", "json", "menu", "quit", "1 never"];
    let seen = types(Fault::None, lines.map(typed)).await;
    for part in ["  1 general_search", "general_search in ", "qna in ", "news_search in ", r#""num_results":1"#] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    assert_eq!(seen.matches("search> ").count(), 6, "nothing is asked after quit: {seen}");
    assert_eq!(seen.matches("  4 qna").count(), 2, "the menu at first, and when it is asked for: {seen}");
}

#[tokio::test]
async fn what_is_missing_is_asked_for_and_may_be_refused() {
    let lines = [typed("2"), typed("eclipse"), typed("3"), typed(""), typed("4"), Typed::Interrupt, Typed::Interrupt];
    let seen = types(Fault::None, lines).await;
    assert_eq!(seen.matches("  query: ").count(), 2, "{seen}");
    assert_eq!((seen.matches("  question: ").count(), seen.matches("nothing is called").count()), (1, 2), "{seen}");
    assert!(seen.contains("news_search in ") && !seen.contains("product_search in "), "{seen}");
}

#[tokio::test]
async fn mistakes_have_hints() {
    let lines = ["9", "n0thing", "1 rust num_results=many", "help 1", "help", "json", "", "1 rust num_results=100"];
    let seen = types(Fault::None, lines.map(typed)).await;
    for part in [
        "there is no '9'; hint: use a number from 1 to 4, one of general_search, news_search",
        "there is no 'n0thing'",
        "num_results: expected a whole number",
        "num_results (may be left out)",
        "asks for what the tool needs",
        "nothing has been called yet",
        "general_search failed in ",
        "a page has 1 to 20 results",
    ] {
        assert!(seen.replace('\n', " ").contains(part), "{part}: {seen}");
    }
}

#[tokio::test]
async fn a_server_cannot_act_on_the_terminal() {
    let seen = types(Fault::Hostile, ["1 rust", "json", "help 1"].map(typed)).await;
    assert!(!seen.contains(['\u{1b}', '\u{202e}']), "{seen:?}");
    assert!(seen.contains("  | fine\\u{1b}[2J\n  | search> quit\\u{202e}\n"), "{seen}");
}

#[test]
fn a_command_line_that_cannot_be_used() {
    let args = |call: &[&str], arguments: &[&str]| Args {
        interactive: false,
        json: true,
        url: None,
        revision: Revision::Modern,
        call: call.iter().map(|tool| (*tool).to_owned()).collect(),
        arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
        history: None,
    };
    assert!(calls(&args(&["qna"], &["{}", "{}"])).is_err());
    assert!(calls(&args(&["qna"], &["[1]"])).is_err());
    let found = calls(&args(&["qna", "qna"], &[r#"{"question": "x"}"#])).expect("two calls");
    assert_eq!((found[0].1["question"].as_str(), found[1].1.len()), (Some("x"), 0));
    for url in ["ftp://a.example/", "https://ann:secret@a.example/mcp"] {
        assert!(Target::new(Some(&url.parse().expect("a URL"))).is_err(), "{url}");
    }
}
