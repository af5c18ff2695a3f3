//! Where the tokens of the person are kept between calls, and, where a disk is used, between runs.
//!
//! They are for one tenant, one app and one account: whoever has signed in last. Nothing else in this lesson keeps a
//! token.

mod entry;
mod key;
mod sealed;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

pub use self::entry::{AccessToken, Account, Entry};
use self::{key::KeySource, sealed::SealedFile};
use crate::settings::Directory;

/// Where tokens are to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In this process, until it ends.
    Memory,
    /// In an encrypted file of the user's data folder, whose key is in the operating system's keyring.
    Keyring,
    /// In an encrypted file of this folder, with its key in a file beside it.
    Folder(PathBuf),
    /// In the keyring if there is one, else in the user's data folder.
    Best,
}

impl std::str::FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "memory" => Ok(Self::Memory),
            "keyring" => Ok(Self::Keyring),
            folder if folder.contains(['/', '\\', '.']) => Ok(Self::Folder(folder.into())),
            // A typing error must not become a folder.
            _ => Err("expected memory, keyring or the path of a folder, such as ./tokens".to_owned()),
        }
    }
}

/// Why the cache cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The folder cannot be used.
    #[error("the token cache cannot be used: {0}")]
    Io(#[from] std::io::Error),
    /// The operating system has none, or it does not run.
    #[error("there is no keyring: {0}")]
    NoKeyring(String),
    /// The keyring cannot be used, or is locked.
    #[error("the keyring cannot be used: {0}")]
    Keyring(#[from] keyring::Error),
    /// Another process holds the cache for too long.
    #[error("the token cache is held by another process")]
    Busy,
    /// There is no folder to keep it in.
    #[error("there is no home folder; set ENTRA_TOKEN_CACHE")]
    NoHome,
    /// The work has ended early.
    #[error("the token cache did not answer")]
    Ended,
}

/// The tokens of one tenant, app and account. A clone is the same cache.
#[derive(Clone)]
pub struct TokenCache(Arc<Kept>);

enum Kept {
    Memory(Mutex<Option<Entry>>),
    Sealed(SealedFile),
}

impl TokenCache {
    /// The cache for this tenant and app at `place`. Blocks while the keyring is looked for.
    ///
    /// # Errors
    /// The place cannot be used.
    pub fn open(place: &Place, directory: &Directory) -> Result<Self, CacheError> {
        let sealed = |folder, key| Ok(Self(Arc::new(Kept::Sealed(SealedFile::new(folder, key, directory)?))));
        match place {
            Place::Memory => Ok(Self(Arc::new(Kept::Memory(Mutex::default())))),
            Place::Folder(folder) => sealed(folder.clone(), KeySource::File),
            Place::Keyring => {
                key::keyring()?;
                sealed(user_folder()?, KeySource::Keyring)
            }
            Place::Best => match key::keyring() {
                Ok(()) => sealed(user_folder()?, KeySource::Keyring),
                Err(error) => {
                    tracing::info!(%error, "the key of the token cache is in a file beside it");
                    sealed(user_folder()?, KeySource::File)
                }
            },
        }
    }

    /// For people: where the tokens are.
    pub fn describe(&self) -> String {
        match &*self.0 {
            Kept::Memory(_) => "in the memory of this process, until it ends".to_owned(),
            Kept::Sealed(file) => file.describe(),
        }
    }

    /// What is kept. What cannot be read any more counts as nothing.
    ///
    /// # Errors
    /// The disk or the keyring cannot be used.
    pub async fn load(&self) -> Result<Option<Entry>, CacheError> {
        self.run(|kept| match kept {
            Kept::Memory(entry) => Ok(entry.lock().unwrap_or_else(PoisonError::into_inner).clone()),
            Kept::Sealed(file) => file.load(),
        })
        .await
    }

    /// Keeps the tokens of a sign-in, whatever was there before.
    ///
    /// # Errors
    /// As [`TokenCache::load`].
    pub async fn put(&self, entry: Entry) -> Result<(), CacheError> {
        self.replace(None, entry).await.map(drop)
    }

    /// Keeps refreshed tokens, unless what they were made from is no longer there: then another process has signed in
    /// or out meanwhile, and its word counts.
    ///
    /// # Errors
    /// As [`TokenCache::load`].
    pub async fn renew(&self, old: &Entry, entry: Entry) -> Result<bool, CacheError> {
        self.replace(Some(old.revision().to_owned()), entry).await
    }

    /// Forgets everything, or only this version of the tokens. True if there was something to forget.
    ///
    /// # Errors
    /// As [`TokenCache::load`].
    pub async fn forget(&self, only: Option<&Entry>) -> Result<bool, CacheError> {
        let only = only.map(|entry| entry.revision().to_owned());
        self.run(move |kept| match kept {
            Kept::Memory(held) => {
                let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
                let fits = |entry: &mut Entry| only.as_ref().is_none_or(|only| only == entry.revision());
                Ok(held.take_if(fits).is_some())
            }
            Kept::Sealed(file) => file.forget(only.as_deref()),
        })
        .await
    }

    async fn replace(&self, made_from: Option<String>, entry: Entry) -> Result<bool, CacheError> {
        self.run(move |kept| match kept {
            Kept::Memory(held) => {
                let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
                let fits = made_from.is_none() || made_from.as_deref() == held.as_ref().map(Entry::revision);
                if fits {
                    *held = Some(entry);
                }
                Ok(fits)
            }
            Kept::Sealed(file) => file.replace(made_from.as_deref(), &entry),
        })
        .await
    }

    /// Disks and keyrings block.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Kept) -> Result<T, CacheError> + Send + 'static,
    ) -> Result<T, CacheError> {
        let kept = self.0.clone();
        tokio::task::spawn_blocking(move || work(&kept)).await.map_err(|_| CacheError::Ended)?
    }
}

/// The folder for data of programs of this user.
fn user_folder() -> Result<PathBuf, CacheError> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path: &PathBuf| path.is_absolute());
    let home = || std::env::home_dir().ok_or(CacheError::NoHome);
    let data = if cfg!(windows) {
        variable("LOCALAPPDATA").ok_or(CacheError::NoHome)?
    } else if cfg!(target_os = "macos") {
        home()?.join("Library/Application Support")
    } else {
        variable("XDG_DATA_HOME").map_or_else(|| Ok::<_, CacheError>(home()?.join(".local/share")), Ok)?
    };
    Ok(data.join(env!("CARGO_PKG_NAME")))
}

#[cfg(test)]
mod tests;
