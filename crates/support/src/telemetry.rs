//! Logs on stderr, because stdout belongs to the protocol; with feature `otel`, spans to an OpenTelemetry collector.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

/// What must be flushed before the process ends.
#[derive(Default)]
pub struct Telemetry {
    #[cfg(feature = "otel")]
    spans: Option<crate::telemetry::otel::Spans>,
}

impl Telemetry {
    /// Sends what is still buffered. Waits at most five seconds.
    pub async fn flush(self) {
        #[cfg(feature = "otel")]
        if let Some(spans) = self.spans {
            spans.flush().await;
        }
    }
}

/// Starts logging to stderr: `RUST_LOG` decides what, and defaults to `info,rmcp=warn`. Plain text where stderr is no
/// terminal, so that a host's log file holds no colour codes.
///
/// # Errors
/// `RUST_LOG` is no filter, or, with feature `otel`, the exporter's settings are unusable.
pub fn init() -> anyhow::Result<Telemetry> {
    let filter = match std::env::var("RUST_LOG") {
        // rmcp logs every request's content at `debug` and every notification at `info`: only who names it hears it.
        Ok(text) if text.contains("rmcp") => filter(&text)?,
        Ok(text) if !text.is_empty() => filter(&format!("{text},rmcp=warn"))?,
        _ => EnvFilter::new("info,rmcp=warn"),
    };
    let stderr = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .with_filter(filter);
    let registry = tracing_subscriber::registry().with(stderr);
    #[cfg(feature = "otel")]
    {
        let (layer, spans) = otel::layer()?;
        // Spans go out, and what this project logs in them; the SDK's events hold whole messages.
        registry.with(layer.with_filter(EnvFilter::new("info,rmcp=off"))).try_init()?;
        Ok(Telemetry { spans })
    }
    #[cfg(not(feature = "otel"))]
    {
        registry.try_init()?;
        Ok(Telemetry::default())
    }
}

fn filter(text: &str) -> Result<EnvFilter, crate::cli::UsageError> {
    EnvFilter::try_new(text)
        .map_err(|error| crate::cli::UsageError(format!("RUST_LOG is no filter: '{text}': {error}")))
}

#[cfg(feature = "otel")]
pub mod otel;
