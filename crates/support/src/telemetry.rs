//! Logs on stderr, because stdout belongs to the protocol; with feature `otel`, spans to an OpenTelemetry collector.

use tracing_subscriber::{
    EnvFilter, Layer, field::MakeExt, fmt::format, layer::SubscriberExt, util::SubscriberInitExt,
};

use crate::cli::has_colour;

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

/// Control characters as they would be written in a program: what a stranger sends must neither end a line of the log
/// nor command the terminal that shows it.
fn harmless(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, letter| {
        if letter.is_control() {
            shown.extend(letter.escape_default())
        } else {
            shown.push(letter)
        }
        shown
    })
}

/// Starts logging to stderr: `RUST_LOG` decides what, and defaults to `info,rmcp=warn`. Plain text where stderr is no
/// terminal, so that a host's log file holds no colour codes.
///
/// # Errors
/// `RUST_LOG` is no filter, or, with feature `otel`, the exporter's settings are unusable.
pub fn init() -> anyhow::Result<Telemetry> {
    let filter = match std::env::var("RUST_LOG") {
        Ok(text) if !text.is_empty() => filter(&quieted(&text))?,
        _ => EnvFilter::new("info,rmcp=warn"),
    };
    let fields = format::debug_fn(|writer, field, value| {
        let value = harmless(&format!("{value:?}"));
        if field.name() == "message" { write!(writer, "{value}") } else { write!(writer, "{}={value}", field.name()) }
    });
    let stderr = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(has_colour(&std::io::stderr()))
        .fmt_fields(fields.delimited(" "))
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

/// The same filter, with those kept quiet that log whole messages or the text of strangers: only who names them hears
/// them. rmcp logs every request's content at `debug` and every notification at `info`, an HTML parser what it reads.
fn quieted(text: &str) -> String {
    let talkers = ["rmcp", "html5ever", "selectors"].into_iter().filter(|talker| !text.contains(talker));
    talkers.fold(text.to_owned(), |text, talker| format!("{text},{talker}=warn"))
}

fn filter(text: &str) -> Result<EnvFilter, crate::cli::UsageError> {
    EnvFilter::try_new(text)
        .map_err(|error| crate::cli::UsageError(format!("RUST_LOG is no filter: '{text}': {error}")))
}

#[cfg(feature = "otel")]
pub mod otel;

#[cfg(test)]
mod tests {
    use super::{harmless, quieted};

    #[test]
    fn who_logs_whole_messages_is_heard_by_name() {
        assert_eq!(quieted("trace"), "trace,rmcp=warn,html5ever=warn,selectors=warn");
        assert_eq!(quieted("info,html5ever=debug"), "info,html5ever=debug,rmcp=warn,selectors=warn");
    }

    #[test]
    fn a_stranger_writes_no_line_and_no_command() {
        let id = "x\u{1b}[31m\n2026-11-26 INFO forged\u{7}\u{9b}";
        let shown = harmless(id);
        assert_eq!(shown, r"x\u{1b}[31m\n2026-11-26 INFO forged\u{7}\u{9b}");
        assert_eq!(harmless("größer 🦀"), "größer 🦀");
    }
}
