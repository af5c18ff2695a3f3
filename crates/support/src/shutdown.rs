//! One future for SIGINT and SIGTERM.

/// Completes when the process is asked to end: Ctrl-C anywhere, and SIGTERM on Unix.
///
/// # Errors
/// The signal handler could not be installed.
pub async fn signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await
    }
}
