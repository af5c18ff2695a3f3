//! The server on stdin and stdout: it ends at the end of its input, or on a signal, and drains answers in flight.

use std::time::Duration;

use rmcp::{ServerHandler, ServiceExt, service::ServerInitializeError, transport::stdio_pipes};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::{Server, lines::Lines};
use crate::shutdown;

/// How long calls in flight may take to finish after a signal. A host waits a few seconds before it kills.
const DRAIN: Duration = Duration::from_secs(2);

impl<H: ServerHandler + Clone> Server<H> {
    /// Serves stdin and stdout until end of input, SIGINT or SIGTERM.
    ///
    /// # Errors
    /// The signal handler could not be installed.
    pub async fn stdio(self) -> anyhow::Result<()> {
        // Non-blocking on Linux pipes, so that the process can end while a read is pending.
        let (reader, writer) = stdio_pipes();
        self.stdio_on(reader, writer, shutdown::signal()).await
    }

    /// Serves one pair of streams until end of input or until `end` completes.
    ///
    /// # Errors
    /// `end` failed.
    pub async fn stdio_on(
        self,
        reader: impl AsyncRead + Unpin + Send + 'static,
        writer: impl AsyncWrite + Unpin + Send + 'static,
        end: impl Future<Output = std::io::Result<()>>,
    ) -> anyhow::Result<()> {
        let shared = self.hardened.shared().clone();
        let stop = CancellationToken::new();
        let lines = Lines::new(reader, writer, self.limits.message_bytes, shared.calls.clone(), self.front);
        let serving = async {
            match self.hardened.serve_with_ct(lines, stop.clone()).await {
                Ok(running) => {
                    running.waiting().await?;
                    Ok(())
                }
                // The input ended, or a signal came, before the first request: nothing was asked, nothing is wrong.
                Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => Ok(()),
                Err(error) => Err(anyhow::Error::from(error)),
            }
        };
        let ending = async {
            end.await?;
            // Phase one: subscriptions end themselves, calls in flight go on. Phase two: everything ends.
            shared.closing.cancel();
            shared.calls.close();
            let _ = tokio::time::timeout(DRAIN, shared.calls.wait()).await;
            stop.cancel();
            std::future::pending::<anyhow::Result<()>>().await
        };
        tokio::select! {
            result = serving => result,
            result = ending => result,
        }
    }
}
