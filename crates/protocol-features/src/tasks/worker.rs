//! Which process works on a task, and whether it still lives.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use rand::RngExt;

/// This process, as the one that works on tasks. It holds a lock on a file of its own for as long as it lives; the
/// system frees the lock when the process ends, `kill -9` included.
pub(super) struct Worker {
    id: String,
    folder: PathBuf,
    _lock: File,
}

impl Worker {
    /// Registers this process in `folder`.
    ///
    /// # Errors
    /// The file cannot be made or locked.
    pub(super) fn register(folder: &Path) -> io::Result<Self> {
        remove_dead(folder)?;
        let id = format!("{:016x}", rand::rng().random::<u64>());
        // It gets its name when it is locked: whoever finds it unlocked may conclude that its process has died.
        let unnamed = folder.join(format!("worker-{id}.new"));
        let lock = OpenOptions::new().write(true).create_new(true).open(&unnamed)?;
        lock.lock()?;
        fs::rename(unnamed, path(folder, &id))?;
        Ok(Self { id, folder: folder.to_owned(), _lock: lock })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Calls `take_over` if the process `other` has died, while nobody else can. Returns what it returned.
    pub(super) fn if_dead<T>(&self, other: &str, take_over: impl FnOnce() -> T) -> io::Result<Option<T>> {
        if other == self.id {
            return Ok(None);
        }
        let path = path(&self.folder, other);
        let lock = match OpenOptions::new().write(true).open(&path) {
            Ok(lock) => lock,
            // Somebody else has taken over, or is about to: what is left is the store's to decide.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(take_over())),
            Err(error) => return Err(error),
        };
        match lock.try_lock() {
            Ok(()) => {
                let taken = take_over();
                let _ = fs::remove_file(path);
                Ok(Some(taken))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Whatever is unfinished can be taken over from now on.
        let _ = fs::remove_file(path(&self.folder, &self.id));
    }
}

/// Removes the locks of processes that have died. Their tasks are found by the handle that they bear.
fn remove_dead(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_lock = path.extension().is_some_and(|extension| extension == "lock");
        if is_lock
            && let Ok(lock) = OpenOptions::new().write(true).open(&path)
            && lock.try_lock().is_ok()
        {
            let _ = fs::remove_file(path);
        }
    }
    Ok(())
}

fn path(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("worker-{id}.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_dead_are_taken_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, other) =
            (Worker::register(folder.path()).expect("one"), Worker::register(folder.path()).expect("other"));
        let id = other.id().to_owned();
        assert_eq!(one.if_dead(&id, || ()).expect("looks"), None, "it lives");
        assert_eq!(one.if_dead(one.id(), || ()).expect("looks"), None, "never from oneself");
        drop(other);
        assert_eq!(one.if_dead(&id, || 7).expect("looks"), Some(7));
    }
}
