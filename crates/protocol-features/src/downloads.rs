//! `download_file`: streamed to disk through the safe fetcher, with a cap on size and time. What was not finished leaves
//! nothing behind.

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use futures::StreamExt;
use mcp_support::fetch::{FetchError, Fetcher};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::io::AsyncWriteExt;

use crate::{
    digest::{Digest, Meter},
    error::Refusal,
};

/// Largest file, in bytes.
pub const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Files that are kept; the oldest makes room.
const MAX_KEPT: usize = 32;
/// A partial file that nobody has written to for this long is nobody's.
const LEFT_BEHIND: Duration = Duration::from_secs(3600);

/// A file that was downloaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Download {
    /// Its name in the server's folder of downloads: the beginning of its digest.
    pub file: String,
    /// Where it came from, after redirects.
    pub url: String,
    /// Its content type, as the other server named it; empty when it did not.
    pub content_type: String,
    /// What it holds.
    pub digest: Digest,
}

/// Downloads into one folder.
pub struct Downloads {
    folder: PathBuf,
    fetcher: Fetcher,
}

impl Downloads {
    /// Into `folder`, which is made where it is missing.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(folder: PathBuf, fetcher: Fetcher) -> std::io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        remove_partial(&folder)?;
        Ok(Self { folder, fetcher: fetcher.for_content(MAX_BYTES, &[]) })
    }

    /// Downloads one file; `report` is told of the bytes so far.
    ///
    /// # Errors
    /// The URL may not be fetched, the answer is too large or too slow, or the disk fails.
    pub async fn get<F: Future<Output = ()>>(&self, url: &str, report: impl Fn(u64) -> F) -> Result<Download, Refusal> {
        let (url, content_type, body) = self.fetcher.stream(url).await.map_err(|error| refusal(&error))?;
        let disk = |error: std::io::Error| Refusal::internal("writing a download", error);
        // Its file is removed when this is dropped: by an error, or by a call that is cancelled.
        let partial = tempfile::Builder::new().suffix(".part").tempfile_in(&self.folder).map_err(disk)?;
        let mut file = tokio::fs::File::from_std(partial.reopen().map_err(disk)?);
        let (mut meter, mut bytes) = (Meter::default(), 0);
        let mut body = std::pin::pin!(body);
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| refusal(&error))?;
            meter.update(&chunk);
            file.write_all(&chunk).await.map_err(disk)?;
            bytes += chunk.len() as u64;
            report(bytes).await;
        }
        file.flush().await.map_err(disk)?;
        let digest = meter.finish();
        let name = digest.sha256[..16].to_owned();
        partial.persist(self.folder.join(&name)).map_err(|error| disk(error.error))?;
        make_room(&self.folder).map_err(disk)?;
        Ok(Download { file: name, url: url.to_string(), content_type, digest })
    }

    /// Files that are there, unfinished ones included.
    pub fn count(&self) -> usize {
        std::fs::read_dir(&self.folder).map_or(0, Iterator::count)
    }
}

/// Files of the folder with their age, the oldest first. What another call removes meanwhile is not among them.
fn by_age(folder: &Path) -> std::io::Result<Vec<(SystemTime, PathBuf)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if let Ok(changed) = entry.metadata().and_then(|metadata| metadata.modified()) {
            files.push((changed, entry.path()));
        }
    }
    files.sort();
    Ok(files)
}

fn is_partial(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "part")
}

fn make_room(folder: &Path) -> std::io::Result<()> {
    let kept: Vec<PathBuf> =
        by_age(folder)?.into_iter().map(|(_, path)| path).filter(|path| !is_partial(path)).collect();
    for path in kept.iter().take(kept.len().saturating_sub(MAX_KEPT)) {
        // Another call may have been faster.
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

/// What a process that was killed has left behind. A younger file may be another process's.
fn remove_partial(folder: &Path) -> std::io::Result<()> {
    for (changed, path) in by_age(folder)? {
        if is_partial(&path) && changed.elapsed().is_ok_and(|age| age > LEFT_BEHIND) {
            let _ = std::fs::remove_file(path);
        }
    }
    Ok(())
}

fn refusal(error: &FetchError) -> Refusal {
    let hint = "give an https: URL of a public host, at most 64 MiB";
    match error {
        FetchError::Unreachable(_) | FetchError::TooSlow(_) | FetchError::BrokeOff => {
            Refusal::later(error.to_string(), "try again later")
        }
        FetchError::Status(status) if *status >= 500 || *status == 429 => {
            Refusal::later(error.to_string(), "try again later")
        }
        FetchError::Status(_) => Refusal::business(error.to_string(), "check the URL"),
        _ => Refusal::argument(error.to_string(), hint),
    }
}
