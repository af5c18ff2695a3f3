//! Who has allowed which app what: asked once, and remembered.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Consents of people and of administrators. As many as there are people, apps and scopes, so bounded by the directory.
#[derive(Default)]
pub(in super::super) struct Consents(Mutex<HashMap<Key, BTreeSet<String>>>);

/// Tenant, client, resource, and the person; an administrator's consent is everybody's.
type Key = (&'static str, &'static str, &'static str, Option<&'static str>);

impl Consents {
    pub(in super::super) fn grant(
        &self,
        tenant: &'static str,
        client: &'static str,
        resource: &'static str,
        user: Option<&'static str>,
        scopes: impl IntoIterator<Item = String>,
    ) {
        self.lock().entry((tenant, client, resource, user)).or_default().extend(scopes);
    }

    /// Takes everything back that the person, or everybody where none is named, has allowed the client.
    pub(in super::super) fn revoke(&self, tenant: &str, client: &str, user: Option<&str>) {
        self.lock().retain(|key, _| !(key.0 == tenant && key.1 == client && (user.is_none() || key.3 == user)));
    }

    /// What the client may do with the resource for the person.
    pub(in super::super) fn of(
        &self,
        tenant: &'static str,
        client: &'static str,
        resource: &'static str,
        user: &'static str,
    ) -> BTreeSet<String> {
        let consents = self.lock();
        let of = |user| consents.get(&(tenant, client, resource, user)).into_iter().flatten().cloned();
        of(None).chain(of(Some(user))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, BTreeSet<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
