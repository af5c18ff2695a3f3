//! One future for SIGINT and SIGTERM.

use std::{future::Future, io};

/// Completes when the process is asked to end: Ctrl-C anywhere, and SIGTERM on Unix. A signal counts from this call on, and
/// not only from when the future is first waited for: whoever has been answered may send one at once.
///
/// # Errors
/// The signal handler could not be installed.
pub fn signal() -> impl Future<Output = io::Result<()>> + Send {
    #[cfg(unix)]
    let installed = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)))
    };
    async move {
        #[cfg(unix)]
        {
            let (mut terminate, mut interrupt) = installed?;
            tokio::select! {
                _ = interrupt.recv() => Ok(()),
                _ = terminate.recv() => Ok(()),
            }
        }
        #[cfg(not(unix))]
        {
            tokio::signal::ctrl_c().await
        }
    }
}
