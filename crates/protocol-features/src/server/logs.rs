//! (4) Log messages to the client: eight levels of RFC 5424, only where the request asked for them, without secrets, and
//! not too many.
//!
//! Logging to clients is deprecated in 2026-07-28 (SEP-2577): stderr and OpenTelemetry are for operators.
#![expect(deprecated, reason = "SEP-2577: clients of both revisions still ask for log messages")]

use std::time::{Duration, Instant};

use mcp_support::{client_log, progress::Progress};
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::{CallToolResult, LoggingLevel},
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    ProtocolFeatures,
    answer::{answer, report, within},
};
use crate::{
    error::Refusal,
    log_limit::LogLimit,
    redact::{redact, redact_text},
};

/// The levels, the least grave first.
const LEVELS: [LoggingLevel; 8] = [
    LoggingLevel::Debug,
    LoggingLevel::Info,
    LoggingLevel::Notice,
    LoggingLevel::Warning,
    LoggingLevel::Error,
    LoggingLevel::Critical,
    LoggingLevel::Alert,
    LoggingLevel::Emergency,
];
const MAX_STEPS: u32 = 1000;
/// Messages of one call: this many at once, and then one after each pause.
const BURST: u32 = 32;
const EACH: Duration = Duration::from_millis(50);
const MAX_DATA_BYTES: usize = 64 * 1024;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ComplexOperation {
    /// Steps to take, each with a message of the next level.
    #[schemars(range(min = 1, max = 1000))]
    steps: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DebugOperation {
    /// What to look at: any object. Values under names such as `password` or `token` do not reach the log.
    data: Map<String, Value>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Logged {
    /// Log messages that went to this client. None, where the request did not ask for any.
    sent: u32,
    /// Messages that were left out because there were too many.
    dropped: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Looked {
    /// Fields of the data, nested ones included.
    fields: usize,
    /// How deep it is nested.
    depth: usize,
    /// The data as it was logged: without secrets.
    #[schemars(with = "Map<String, Value>")]
    logged: Value,
    /// Log messages that went to this client.
    sent: u32,
}

#[tool_router(router = log_tools, vis = "pub(super)")]
impl ProtocolFeatures {
    /// Takes steps and logs each to the client at the next of the eight levels; use it to see log levels at work.
    #[tool(
        title = "Complex operation",
        annotations(
            title = "Complex operation",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Logged>()
    )]
    async fn complex_operation(
        &self,
        Parameters(ComplexOperation { steps }): Parameters<ComplexOperation>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        within("steps", steps, 1, MAX_STEPS)?;
        let progress = Progress::new(&context);
        let mut limit = LogLimit::new(BURST, EACH, Instant::now());
        let mut sent = 0;
        for (step, level) in (1..=steps).zip(LEVELS.into_iter().cycle()) {
            if limit.allows(Instant::now()) {
                let data = json!({ "step": step, "of": steps });
                sent += u32::from(client_log::send(&context, level, "complex_operation", data).await);
            }
            report(&progress, step.into(), u64::from(steps), format!("step {step} of {steps}")).await;
        }
        let logged = Logged { sent, dropped: limit.dropped };
        answer(format!("{steps} steps, {sent} log messages sent, {} left out", logged.dropped), &logged)
    }

    /// Measures an object and logs it to the client at level debug, without secrets; use it to see redaction at work.
    #[tool(
        title = "Debug operation",
        annotations(
            title = "Debug operation",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Looked>()
    )]
    async fn debug_operation(
        &self,
        Parameters(DebugOperation { data }): Parameters<DebugOperation>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let data = Value::Object(data);
        within("the size of data in bytes", data.to_string().len(), 2, MAX_DATA_BYTES)?;
        let logged = redact(&data);
        let (fields, depth) = shape(&data);
        let mut sent = 0;
        for (level, message) in [
            (LoggingLevel::Debug, json!({ "data": logged })),
            (LoggingLevel::Info, json!({ "fields": fields, "depth": depth })),
        ] {
            sent += u32::from(client_log::send(&context, level, "debug_operation", message).await);
        }
        // The operator's log gets no more than the client's.
        tracing::debug!(data = redact_text(&logged.to_string()), "debug_operation");
        answer(format!("{fields} fields, {depth} deep"), &Looked { fields, depth, logged, sent })
    }
}

/// Fields in all objects, and the depth of nesting.
fn shape(value: &Value) -> (usize, usize) {
    let (own, inner): (usize, Vec<&Value>) = match value {
        Value::Object(fields) => (fields.len(), fields.values().collect()),
        Value::Array(items) => (0, items.iter().collect()),
        _ => return (0, 0),
    };
    let shapes = inner.into_iter().map(shape);
    shapes.fold((own, 1), |(fields, depth), (more, deep)| (fields + more, depth.max(deep + 1)))
}
