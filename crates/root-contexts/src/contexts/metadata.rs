//! Metadata: values that readers see, and secrets that only the owner does.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Transaction;
use secrecy::{ExposeSecret, SecretString};

use super::{
    Contexts, Limits,
    error::ContextError,
    model::{Access, ContextInfo},
    secrets::Keys,
    store::{
        contexts::{Stored, find},
        metadata::{self, Field},
    },
};

/// What is to become of the metadata of a context.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Fields that get a value that readers see.
    pub set: BTreeMap<String, String>,
    /// Fields that get a value that only the owner sees.
    pub set_secret: BTreeMap<String, SecretString>,
    /// Fields that go.
    pub remove: BTreeSet<String>,
}

/// What a caller sees of secret metadata.
#[derive(Debug, Clone)]
pub enum Secrets {
    /// Nothing, not even names: the caller is not the owner.
    Hidden,
    /// Names.
    Names(Vec<String>),
    /// Values, because the owner asked for them.
    Values(BTreeMap<String, SecretString>),
}

impl Secrets {
    /// Names of the fields, as far as the caller sees them.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Hidden => Vec::new(),
            Self::Names(names) => names.clone(),
            Self::Values(values) => values.keys().cloned().collect(),
        }
    }

    /// The values in clear, where they were asked for.
    pub fn exposed(&self) -> Option<BTreeMap<String, String>> {
        match self {
            Self::Values(values) => {
                Some(values.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned())).collect())
            }
            _ => None,
        }
    }
}

impl Change {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.set_secret.is_empty() && self.remove.is_empty()
    }
}

impl Contexts {
    /// Changes metadata, if it still has the version that the caller has read.
    ///
    /// # Errors
    /// [`ContextError::Conflict`] names the current version; secrets need a key and the owner; quotas.
    pub async fn update_metadata(
        &self,
        principal: &str,
        id: &str,
        version: u32,
        change: Change,
    ) -> Result<ContextInfo, ContextError> {
        let (keys, limits) = (self.keys.clone(), self.limits.clone());
        self.write(principal, id, Access::Writer, move |transaction, context, asking| {
            let context = context.active()?;
            if context.version != version {
                return Err(ContextError::Conflict { given: version, current: context.version });
            }
            apply(transaction, &context, &change, &keys, &limits)?;
            metadata::next_version(transaction, &context.id, asking.now)?;
            Ok(find(transaction, asking, &context.id)?.info())
        })
        .await
    }
}

/// Writes a change down. A writer who is not the owner can neither set, replace nor remove a secret. The refusal tells
/// that the name is taken, and never the value.
pub(super) fn apply(
    transaction: &Transaction<'_>,
    context: &Stored,
    change: &Change,
    keys: &Keys,
    limits: &Limits,
) -> Result<(), ContextError> {
    let needs_owner = || ContextError::NotAllowed { access: context.access, needed: Access::Owner };
    let there = metadata::all(transaction, &context.id)?;
    let touches_secret =
        change.set.keys().chain(&change.remove).any(|name| matches!(there.get(name), Some(Field::Secret(_))));
    if context.access < Access::Owner && (touches_secret || !change.set_secret.is_empty()) {
        return Err(needs_owner());
    }
    for name in &change.remove {
        metadata::remove(transaction, &context.id, name)?;
    }
    for (name, value) in &change.set {
        metadata::set(transaction, &context.id, name, &Field::Plain(value.clone()))?;
    }
    for (name, value) in &change.set_secret {
        let secret = keys.encrypt(&context.id, name, value)?;
        metadata::set(transaction, &context.id, name, &Field::Secret(secret))?;
    }
    metadata::check_room(transaction, &context.id, limits)
}

/// The metadata that this caller sees. Values of secrets only for the owner who asks for them.
pub(super) fn visible(
    transaction: &Transaction<'_>,
    context: &Stored,
    keys: &Keys,
    with_secrets: bool,
) -> Result<(BTreeMap<String, String>, Secrets), ContextError> {
    if with_secrets && context.access < Access::Owner {
        return Err(ContextError::NotAllowed { access: context.access, needed: Access::Owner });
    }
    let (mut plain, mut secret) = (BTreeMap::new(), BTreeMap::new());
    for (name, field) in metadata::all(transaction, &context.id)? {
        match field {
            Field::Plain(value) => {
                plain.insert(name, value);
            }
            Field::Secret(stored) => {
                secret.insert(name, stored);
            }
        }
    }
    let secrets = match (context.access, with_secrets) {
        (Access::Owner, false) => Secrets::Names(secret.into_keys().collect()),
        (Access::Owner, true) => {
            let opened = secret.into_iter().map(|(name, stored)| {
                let value = keys.decrypt(&context.id, &name, &stored)?;
                Ok((name, value))
            });
            Secrets::Values(opened.collect::<Result<_, ContextError>>()?)
        }
        _ => Secrets::Hidden,
    };
    Ok((plain, secrets))
}
