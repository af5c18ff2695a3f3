//! The outside programs that `scripts/tools.sh` installs.

use std::{path::Path, time::Duration};

use anyhow::Context as _;

/// How long the installation may take that CI runs beside the first tests.
const INSTALLATION: Duration = Duration::from_secs(300);

/// Whether what this lock file names is installed in `.tools/` under `name`. In CI it has to be, as soon as it is there.
async fn is_installed(root: &Path, installed: &str, locked: &str) -> anyhow::Result<bool> {
    // Written last by scripts/tools.sh, so that half an installation does not count.
    let installed = root.join(".tools").join(installed);
    let wanted = std::fs::read(root.join("tests/judges").join(locked))?;
    let is_there = || std::fs::read(&installed).is_ok_and(|text| text == wanted);
    if std::env::var("CI").is_ok_and(|ci| ci == "true") {
        let waiting = async {
            while !is_there() {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        };
        let waited = tokio::time::timeout(INSTALLATION, waiting).await;
        waited.with_context(|| format!("{} is not there: run scripts/tools.sh", installed.display()))?;
    }
    Ok(is_there())
}

/// Whether the Python programs are there.
pub(crate) async fn has_python(root: &Path) -> anyhow::Result<bool> {
    is_installed(root, "python/installed.txt", "requirements.txt").await
}

/// Whether the programs of npm are there.
pub(crate) async fn has_npm(root: &Path) -> anyhow::Result<bool> {
    is_installed(root, "npm/installed.json", "package-lock.json").await
}
