//! The files: one for each token, sealed, with a name that says nothing.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use mcp_support::private_file;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::Key;
use crate::sealed::Sealer;

/// What a file's name ends with.
const EXTENSION: &str = "token";
/// Most files.
const MOST: usize = 4096;
/// Bytes in front of the token: when it ends, in seconds since 1970.
const UNTIL_BYTES: usize = 8;
/// Longest file that is read, in bytes.
const MAX_FILE: u64 = 64 * 1024;

/// A folder of this server alone. Every failure is a line in the log, and a token that is asked for again.
#[derive(Clone)]
pub(super) struct Folder(Arc<Inner>);

struct Inner {
    path: PathBuf,
    sealer: Sealer,
}

impl Folder {
    /// Opens it, and deletes what has ended. It blocks.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let sealer = Sealer::of_folder(path)?;
        #[cfg(unix)]
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let folder = Self(Arc::new(Inner { path: path.to_owned(), sealer }));
        folder.0.sweep()?;
        Ok(folder)
    }

    pub(super) async fn get(&self, key: &Key) -> Option<(SecretString, SystemTime)> {
        let key = *key;
        self.run("read", move |inner| Ok(inner.get(&key))).await?
    }

    pub(super) async fn put(&self, key: &Key, token: &SecretString, until: SystemTime) {
        let (key, token) = (*key, token.clone());
        self.run("written", move |inner| inner.put(&key, &token, until)).await;
    }

    pub(super) async fn forget(&self, key: &Key) {
        let key = *key;
        self.run("deleted", move |inner| inner.forget(&key)).await;
    }

    async fn run<T: Send + 'static>(
        &self,
        doing: &str,
        work: impl FnOnce(&Inner) -> io::Result<T> + Send + 'static,
    ) -> Option<T> {
        let inner = self.0.clone();
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        let done = done.unwrap_or_else(|_| Err(io::Error::other("panicked")));
        done.inspect_err(|error| tracing::warn!(%error, "a kept token cannot be {doing}")).ok()
    }
}

impl Inner {
    fn file(&self, key: &Key) -> PathBuf {
        self.path.join(format!("{}.{EXTENSION}", name(key)))
    }

    fn get(&self, key: &Key) -> Option<(SecretString, SystemTime)> {
        let path = self.file(key);
        if std::fs::metadata(&path).ok()?.len() > MAX_FILE {
            return None;
        }
        let Some(plain) = self.sealer.open(key, &std::fs::read(&path).ok()?) else {
            tracing::warn!("a kept token does not open: it was changed, or its key");
            let _ = std::fs::remove_file(path);
            return None;
        };
        let (until, token) = plain.split_at_checked(UNTIL_BYTES)?;
        let until = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from_be_bytes(until.try_into().ok()?));
        if until <= SystemTime::now() {
            let _ = std::fs::remove_file(path);
            return None;
        }
        Some((String::from_utf8(token.to_vec()).ok()?.into(), until))
    }

    fn put(&self, key: &Key, token: &SecretString, until: SystemTime) -> io::Result<()> {
        if self.sweep()? >= MOST {
            return Err(io::Error::other(format!("{MOST} tokens are kept already")));
        }
        let seconds = until.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let plain = [seconds.to_be_bytes().as_slice(), token.expose_secret().as_bytes()].concat();
        // First beside it, then in its place: whoever reads meanwhile sees all of it or nothing.
        let aside = format!("{}.new", name(key));
        let path = private_file::make(&self.path, &aside)?;
        std::fs::write(&path, self.sealer.seal(key, &plain)?)?;
        // When it ends stands in the file's time too, so that a sweep opens none.
        std::fs::File::options().write(true).open(&path)?.set_modified(until)?;
        std::fs::rename(path, self.file(key))
    }

    fn forget(&self, key: &Key) -> io::Result<()> {
        match std::fs::remove_file(self.file(key)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Deletes what has ended, and counts the rest.
    fn sweep(&self) -> io::Result<usize> {
        let (now, mut left) = (SystemTime::now(), 0);
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.path().extension().is_none_or(|extension| extension != EXTENSION) {
                continue;
            }
            match entry.metadata().and_then(|metadata| metadata.modified()) {
                Ok(until) if until <= now => drop(std::fs::remove_file(entry.path())),
                _ => left += 1,
            }
        }
        Ok(left)
    }
}

/// The key is a digest of the token that came in; its digest says even less.
fn name(key: &Key) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(seconds: u64) -> SystemTime {
        SystemTime::now() + Duration::from_secs(seconds)
    }

    fn files(path: &Path) -> Vec<PathBuf> {
        let all = std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path());
        all.filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION)).collect()
    }

    #[tokio::test]
    async fn outlasts_the_process_says_nothing_and_ends() {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(temporary.path()).expect("opened");
        folder.put(&[1; 32], &"a.secret.token".into(), later(100)).await;
        folder.put(&[2; 32], &"another".into(), SystemTime::now()).await;
        let again = Folder::open(temporary.path()).expect("opened again");
        let (token, _) = again.get(&[1; 32]).await.expect("kept");
        assert_eq!(token.expose_secret(), "a.secret.token");
        assert!(again.get(&[2; 32]).await.is_none());
        let kept = files(temporary.path());
        assert_eq!(kept.len(), 1, "what has ended is gone");
        let bytes = std::fs::read(&kept[0]).expect("a file");
        assert!(!bytes.windows(6).any(|part| part == b"secret"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
            assert_eq!((mode(temporary.path()), mode(&kept[0])), (0o700, 0o600));
        }
        // Changed on disk: as if it were not there, and gone.
        std::fs::write(&kept[0], "tampered with").expect("written");
        assert!(again.get(&[1; 32]).await.is_none());
        assert!(files(temporary.path()).is_empty());
        folder.put(&[1; 32], &"a.secret.token".into(), later(100)).await;
        folder.forget(&[1; 32]).await;
        folder.forget(&[1; 32]).await;
        assert!(files(temporary.path()).is_empty());
    }
}
