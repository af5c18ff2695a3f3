//! Contexts as tools. One file for each thing that somebody does with them.

mod arguments;
mod conversation;
mod finding;
mod keeping;
mod lifecycle;
mod views;

use std::{fs, path::PathBuf, sync::Arc};

use mcp_support::{
    changes::{Change, Changes},
    cli::UsageError,
};
use tempfile::TempDir;

pub(super) use self::{arguments::name_of, views::overview};
use super::RootContexts;
use crate::{
    contexts::{Contexts, Limits, clock::Clock, handle, secrets::Keys, sweep::Sweep},
    settings::Settings,
};

/// Largest text that a tool or a prompt returns at once, in bytes, give or take one message.
pub(super) const MAX_TEXT_BYTES: usize = 64 * 1024;
/// Messages that an overview shows unless asked for more or fewer.
pub(super) const NEWEST: u32 = 20;

/// The store of contexts, with what keeps it in order.
pub(super) struct ContextStore {
    pub(super) contexts: Contexts,
    /// Archives what is idle, for as long as this lives.
    _sweep: Sweep,
    /// Goes with the process, where the operator has not named a folder.
    _temporary: Option<TempDir>,
}

impl ContextStore {
    /// Opens it as the settings say.
    pub(super) fn open(settings: &Settings, changes: Changes, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let keys = settings.secret_key.as_ref().map(Keys::parse).transpose();
        let keys = keys.map_err(|error| UsageError(format!("ROOT_CONTEXTS_SECRET_KEY: {error}")))?.unwrap_or_default();
        let (temporary, data) = match &settings.data {
            Some(folder) => (None, private_folder(folder.clone())?),
            None => {
                let folder = temporary_folder()?;
                let path = folder.path().to_owned();
                (Some(folder), path)
            }
        };
        let contexts = Contexts::open(&data, keys, clock, Limits::default())?;
        let sweep = Sweep::start(contexts.clone(), move |id| announce(&changes, id));
        Ok(Self { contexts, _sweep: sweep, _temporary: temporary })
    }
}

/// A folder for this user alone, which goes with the process.
fn temporary_folder() -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("mcp-root-contexts-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

/// Makes the folder where it is missing, for this user alone.
fn private_folder(folder: PathBuf) -> Result<PathBuf, UsageError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.create(&folder);
    made.map_err(|error| UsageError(format!("the data folder cannot be used: {}", error.kind())))?;
    Ok(folder)
}

/// Tells whoever watches a context that it has changed.
fn announce(changes: &Changes, id: &str) {
    for uri in [handle::uri(id), handle::messages_uri(id)] {
        changes.announce(Change::Updated(uri.into()));
    }
}

impl RootContexts {
    pub(super) fn contexts(&self) -> &Contexts {
        &self.shared.contexts.contexts
    }

    // Production: only subscribers of this process hear of it. Several processes on one store need a channel between
    // them, such as Redis, for changes that another one has made.
    fn context_changed(&self, id: &str) {
        announce(&self.shared.changes, id);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_of_contexts_is_for_this_user_alone() {
        let folder = super::temporary_folder().expect("a folder");
        let made = super::private_folder(folder.path().join("data")).expect("another in it");
        for path in [folder.path(), &made] {
            assert_eq!(path.metadata().expect("is there").permissions().mode() & 0o777, 0o700);
        }
    }
}
