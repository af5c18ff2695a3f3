//! Spans to an OpenTelemetry collector (OTLP over HTTP), with the caller's trace continued.
//!
//! Off until `OTEL_EXPORTER_OTLP_ENDPOINT` is set. A caller names its trace in `_meta.traceparent` of a request
//! (SEP-414); each call becomes a span below it.

use std::{collections::HashMap, time::Duration};

use opentelemetry::{
    Context, global,
    propagation::{Extractor, TextMapPropagator},
    trace::TracerProvider as _,
};
use opentelemetry_otlp::{WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use rmcp::{RoleServer, service::RequestContext};
use tracing::{Instrument, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, registry::LookupSpan};

/// What has to be flushed before the process ends.
pub struct Spans(SdkTracerProvider);

impl Spans {
    /// Sends what is buffered; waits at most five seconds.
    pub(super) async fn flush(self) {
        let flushing = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(Duration::from_secs(5)));
        if let Ok(Err(error)) = flushing.await {
            tracing::warn!(%error, "spans were lost");
        }
    }
}

/// A layer that exports spans, or none without an endpoint.
pub(super) fn layer<S>() -> anyhow::Result<(Option<impl Layer<S>>, Option<Spans>)>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let endpoint = match std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT") {
        Ok(endpoint) if !endpoint.is_empty() => endpoint,
        _ => return Ok((None, None)),
    };
    let endpoint = url::Url::parse(&endpoint)
        .map_err(|error| crate::cli::UsageError(format!("OTEL_EXPORTER_OTLP_ENDPOINT is no URL: {error}")))?;
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(reqwest::Client::builder().build()?)
        .with_endpoint(endpoint.join("v1/traces")?)
        .with_timeout(Duration::from_secs(5))
        .build()?;
    let name = std::env::var("OTEL_SERVICE_NAME").ok().or_else(|| {
        let program = std::env::current_exe().ok()?;
        Some(program.file_stem()?.to_string_lossy().into_owned())
    });
    let resource = Resource::builder().with_service_name(name.unwrap_or_else(|| "mcp-server".to_owned())).build();
    let processor = opentelemetry_sdk::trace::span_processor_with_async_runtime::BatchSpanProcessor::builder(
        exporter,
        opentelemetry_sdk::runtime::Tokio,
    )
    .build();
    let provider = SdkTracerProvider::builder().with_resource(resource).with_span_processor(processor).build();
    global::set_text_map_propagator(TraceContextPropagator::new());
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("mcp-support"));
    Ok((Some(layer), Some(Spans(provider))))
}

/// Wraps a call so that it runs in a span below the one that its caller named.
pub(crate) fn in_callers_trace<T, F>(
    method: &'static str,
    call: impl FnOnce(RequestContext<RoleServer>) -> F,
) -> impl FnOnce(RequestContext<RoleServer>) -> tracing::instrument::Instrumented<F>
where
    F: Future<Output = T>,
{
    move |context| {
        let span = tracing::info_span!(
            "mcp.call",
            "otel.name" = method,
            "rpc.system" = "jsonrpc",
            "rpc.method" = method,
            "rpc.jsonrpc.request_id" = %context.id,
        );
        // An error only says that no exporter is installed.
        let _ = span.set_parent(callers_context(&context));
        call(context).instrument(span)
    }
}

fn callers_context(context: &RequestContext<RoleServer>) -> Context {
    let mut carrier = HashMap::new();
    for (key, value) in [("traceparent", context.meta.get_traceparent()), ("tracestate", context.meta.get_tracestate())]
    {
        if let Some(value) = value {
            carrier.insert(key, value);
        }
    }
    TraceContextPropagator::new().extract(&Carrier(carrier))
}

struct Carrier<'a>(HashMap<&'static str, &'a str>);

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).copied()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().copied().collect()
    }
}
