//! What the embedded model has learned, in figures.

/// Prints them.
///
/// # Errors
/// Standard output is closed.
pub fn run() -> anyhow::Result<()> {
    Ok(())
}
