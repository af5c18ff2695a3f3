//! Tools for standing queries.

use std::time::Duration;

use mcp_support::{
    changes::Change,
    progress::Progress,
    refusal::{Refusal, answer, within},
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

use super::{RealtimeSearch, query};
use crate::{
    feed::TOPIC,
    standing::{Alert, MAX_TOPICS, Topic, TopicError},
};

/// A poll that waits looks this often.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TrackArguments {
    /// What to wait for: all its words have to be in an article; "a phrase", -word, site:, -site:, source: and lang:
    /// hold too.
    #[schemars(length(min = 1, max = 400))]
    query: String,
    /// False to wait no more for a query that was tracked.
    #[serde(default = "yes")]
    active: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Serialize, JsonSchema)]
struct Tracked {
    /// The topic.
    topic: Topic,
    /// Whether it is waited for.
    active: bool,
    /// The resource to subscribe to: it is announced with each alert.
    resource: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PollArguments {
    /// Handle of the topic, as `track_topic` gives it.
    #[schemars(length(min = 1, max = 64))]
    topic: String,
    /// Only alerts with a higher number; 0 when absent.
    #[serde(default)]
    after: u64,
    /// Waits this long for one where there is none, in milliseconds; 0 when absent.
    #[serde(default)]
    #[schemars(range(min = 0, max = 20_000))]
    wait_ms: u64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListArguments {
    /// Most alerts of each topic, the newest; 5 when absent.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 100))]
    max_each: usize,
}

fn five() -> usize {
    5
}

/// A topic with its alerts.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Polled {
    /// The topic.
    pub(super) topic: Topic,
    /// Its alerts, the oldest first.
    pub(super) alerts: Vec<Alert>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Listed {
    /// All topics of the caller, the oldest first.
    topics: Vec<Polled>,
}

#[tool_router(router = topic_tools, vis = "pub(super)")]
impl RealtimeSearch {
    /// Waits for articles that match a query, from now on; each raises an alert that is announced on the topic's
    /// resource.
    #[tool(
        title = "Track a topic",
        annotations(
            title = "Track a topic",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Tracked>()
    )]
    async fn track_topic(
        &self,
        Parameters(arguments): Parameters<TrackArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let (text, owner) = (query("query", &arguments.query)?, principal(&context));
        let (topics, library) = (&self.engine.topics, &self.engine.library);
        if !arguments.active {
            let own = topics.list(&owner).into_iter().find(|topic| topic.query == text);
            let Some(topic) = own else {
                return Err(Refusal::argument("this query is not tracked", "list_alerts shows those that are"));
            };
            topics.end(&owner, &topic.topic);
            self.engine.changes.announce(Change::Resources);
            let resource = format!("{TOPIC}{}", topic.topic);
            return answer(format!("tracked no more: {text}"), &Tracked { topic, active: false, resource });
        }
        let watched = topics.watch(&owner, &text, self.engine.clock.now(), |stem| library.frequency(stem));
        let topic = watched.map_err(topic_refusal)?;
        self.engine.changes.announce(Change::Resources);
        let resource = format!("{TOPIC}{}", topic.topic);
        let said = format!("topic {} waits for: {text}\nsubscribe to {resource}, or call poll_topic", topic.topic);
        answer(said, &Tracked { topic, active: true, resource })
    }

    /// Shows the alerts of a topic after a number, and can wait for the next; use it where the client cannot subscribe.
    #[tool(
        title = "Poll a topic",
        annotations(
            title = "Poll a topic",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Polled>()
    )]
    async fn poll_topic(
        &self,
        Parameters(arguments): Parameters<PollArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let PollArguments { topic, after, wait_ms } = arguments;
        let wait = Duration::from_millis(within("wait_ms", wait_ms, 0, 20_000)?);
        let (owner, until) = (principal(&context), tokio::time::Instant::now() + wait);
        let progress = Progress::new(&context);
        let mut looked = 0.0;
        let polled = loop {
            let (topic, alerts) = self.polled(&owner, &topic, after)?;
            if !alerts.is_empty() || tokio::time::Instant::now() >= until {
                break Polled { topic, alerts };
            }
            looked += 1.0;
            progress.report(looked, None, "waiting for an article").await;
            tokio::time::sleep(LOOK).await;
        };
        let text = match polled.alerts.as_slice() {
            [] => format!("no alert after number {after}"),
            alerts => alerts.iter().map(line).collect::<Vec<_>>().join("\n"),
        };
        answer(text, &polled)
    }

    /// Shows all tracked topics with their newest alerts; use it to see what has come in since.
    #[tool(
        title = "List alerts",
        annotations(
            title = "List alerts",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Listed>()
    )]
    async fn list_alerts(
        &self,
        Parameters(ListArguments { max_each }): Parameters<ListArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        within("max_each", max_each, 1, 100)?;
        let owner = principal(&context);
        let mut topics = Vec::new();
        for topic in self.engine.topics.list(&owner) {
            // One that was ended in the meantime is left out.
            if let Ok((topic, mut alerts)) = self.polled(&owner, &topic.topic, 0) {
                alerts.drain(..alerts.len().saturating_sub(max_each));
                topics.push(Polled { topic, alerts });
            }
        }
        let mut lines = Vec::new();
        for Polled { topic, alerts } in &topics {
            lines.push(format!("{}: {} alerts ({})", topic.query, topic.alerts, topic.topic));
            lines.extend(alerts.iter().map(|alert| format!("  {}", line(alert))));
        }
        let text =
            if lines.is_empty() { "no topic is tracked: track_topic begins one".to_owned() } else { lines.join("\n") };
        answer(text, &Listed { topics })
    }
}

impl RealtimeSearch {
    pub(super) fn polled(&self, owner: &str, topic: &str, after: u64) -> Result<(Topic, Vec<Alert>), Refusal> {
        self.engine.topics.poll(owner, topic, after, self.engine.clock.now()).map_err(topic_refusal)
    }
}

fn line(alert: &Alert) -> String {
    format!("{}. {} ({}) {} after {:.1} ms", alert.number, alert.title, alert.source, alert.url, alert.after_ms)
}

fn topic_refusal(error: TopicError) -> Refusal {
    let hint = match &error {
        TopicError::Empty(_) => "name what to wait for, in words that say something".to_owned(),
        TopicError::TooMany(_) => format!("at most {MAX_TOPICS} at a time: track_topic with active false ends one"),
        TopicError::Unknown(_) => "list_alerts shows the topics that are tracked".to_owned(),
    };
    Refusal::argument(error.to_string(), hint)
}
