//! Who decided what, for later: one JSON line for each decision, without a word of what was said. Prompts and answers
//! are told apart by hashes. A decision that cannot be written down is not carried out.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat, Utc};
use mcp_support::cli::UsageError;
use serde::Serialize;

use super::redact::Kind;

// Production: whoever owns the audit file can change it. Send the lines to a log that only appends.

/// One decision.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Entry {
    /// When, in UTC. Set by [`Audit::write`].
    pub(super) time: String,
    /// The host's own name for the server.
    pub(super) server: String,
    /// Counts the requests of this run from 1.
    pub(super) request: u64,
    /// What was decided about: `prompt` or `completion`.
    pub(super) stage: &'static str,
    /// Such as `approved`, `edited`, `refused`, `timed_out`, `over_budget`.
    pub(super) decision: &'static str,
    /// The model that was chosen, once one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<String>,
    /// SHA-256 of the prompt as the server sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prompt_sha256: Option<String>,
    /// SHA-256 of the prompt as the model gets it: after redaction and editing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sent_sha256: Option<String>,
    /// How many values were taken out, by kind.
    pub(super) redacted: BTreeMap<Kind, usize>,
    /// As the model counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input_tokens: Option<u64>,
    /// As the model counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output_tokens: Option<u64>,
    /// Since the request came.
    pub(super) duration_ms: u64,
}

/// The file, or none.
#[derive(Debug, Clone, Default)]
pub(super) struct Audit(Option<Arc<Mutex<File>>>);

impl Audit {
    /// Opens the file to append to it. A new one belongs to its owner alone.
    ///
    /// # Errors
    /// It cannot be opened, or others can read it.
    pub(super) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self(None)) };
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).with_context(|| format!("cannot open the audit file {}", name(path)))?;
        #[cfg(unix)]
        {
            let metadata = file.metadata()?;
            let is_open = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0;
            if metadata.is_file() && is_open {
                let what = format!("others can read the audit file {0}: chmod 600 {0}", name(path));
                return Err(UsageError(what).into());
            }
        }
        Ok(Self(Some(Arc::new(Mutex::new(file)))))
    }

    /// Appends a line.
    ///
    /// # Errors
    /// It is not written: whatever it says must not happen.
    pub(super) async fn write(&self, mut entry: Entry) -> std::io::Result<()> {
        let Some(file) = self.0.clone() else { return Ok(()) };
        entry.time = DateTime::<Utc>::from(SystemTime::now()).to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut line = serde_json::to_string(&entry)?;
        line.push('\n');
        let writing = tokio::task::spawn_blocking(move || {
            // One write for each line, so that several hosts can share a file.
            file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes())
        });
        writing.await.map_err(std::io::Error::other)?
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_for_each_decision_and_the_file_is_private() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("audit.jsonl");
        let audit = Audit::open(Some(&path))?;
        for decision in ["approved", "refused"] {
            let server = "evil\n{\"server\":\"forged\"}".to_owned();
            audit.write(Entry { decision, server, stage: "prompt", request: 1, ..Entry::default() }).await?;
        }
        let text = std::fs::read_to_string(&path)?;
        let lines: Vec<serde_json::Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!((&lines[0]["decision"], &lines[1]["decision"]), (&"approved".into(), &"refused".into()));
        assert!(lines[0]["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{text}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644))?;
            let refused = Audit::open(Some(&path)).expect_err("others can read it");
            assert!(refused.to_string().contains("chmod 600 audit.jsonl"), "{refused}");
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_full_disk_is_an_error() -> anyhow::Result<()> {
        let audit = Audit::open(Some(Path::new("/dev/full")))?;
        assert!(audit.write(Entry::default()).await.is_err());
        Audit::open(None)?.write(Entry::default()).await?;
        Ok(())
    }
}
