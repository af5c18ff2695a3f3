//! What is remembered for a while: a bounded map whose entries expire.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Values by a random name, each until a time.
pub(super) struct Expiring<V> {
    capacity: usize,
    entries: Mutex<HashMap<String, Entry<V>>>,
}

struct Entry<V> {
    value: V,
    expires: i64,
}

impl<V: Clone> Expiring<V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, entries: Mutex::default() }
    }

    /// Keeps a value until `expires`. When it is full, what has expired goes, and then what expires first.
    pub(super) fn put(&self, name: &str, value: V, expires: i64, now: i64) {
        let mut entries = self.lock();
        if entries.len() >= self.capacity && !entries.contains_key(name) {
            entries.retain(|_, entry| entry.expires > now);
            if entries.len() >= self.capacity {
                let first = entries.iter().min_by_key(|(_, entry)| entry.expires).map(|(name, _)| name.clone());
                first.map(|first| entries.remove(&first));
            }
        }
        entries.insert(name.to_owned(), Entry { value, expires });
    }

    pub(super) fn get(&self, name: &str, now: i64) -> Option<V> {
        self.lock().get(name).filter(|entry| entry.expires > now).map(|entry| entry.value.clone())
    }

    /// The same, and forgets it: of two who come at once, one gets it.
    pub(super) fn take(&self, name: &str, now: i64) -> Option<V> {
        self.lock().remove(name).filter(|entry| entry.expires > now).map(|entry| entry.value)
    }

    /// Changes a value in place, if it is still there, and returns what `change` does.
    pub(super) fn change<T>(&self, name: &str, now: i64, change: impl FnOnce(&mut V) -> T) -> Option<T> {
        let mut entries = self.lock();
        entries.get_mut(name).filter(|entry| entry.expires > now).map(|entry| change(&mut entry.value))
    }

    /// The first value that fits, with its name.
    pub(super) fn find(&self, now: i64, fits: impl Fn(&V) -> bool) -> Option<(String, V)> {
        let entries = self.lock();
        let found = entries.iter().find(|(_, entry)| entry.expires > now && fits(&entry.value));
        found.map(|(name, entry)| (name.clone(), entry.value.clone()))
    }

    /// Changes every value.
    pub(super) fn for_each(&self, change: impl Fn(&mut V)) {
        self.lock().values_mut().for_each(|entry| change(&mut entry.value));
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry<V>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expires_and_is_bounded() {
        let store = Expiring::new(2);
        store.put("a", 1, 10, 0);
        store.put("b", 2, 20, 0);
        assert_eq!((store.get("a", 9), store.get("a", 10)), (Some(1), None));
        store.put("c", 3, 30, 0);
        assert_eq!((store.get("a", 0), store.get("b", 0), store.get("c", 0)), (None, Some(2), Some(3)));
        assert_eq!((store.take("b", 0), store.take("b", 0)), (Some(2), None));
        assert_eq!(store.find(0, |value| *value == 3).map(|(name, _)| name).as_deref(), Some("c"));
    }
}
