//! The store in memory: for a node that is alone, and behind the stand-in for Redis.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::Instant;

use super::{Store, StoreError};

/// Bytes of keys and values that are kept.
const MAX_BYTES: usize = 256 * 1024 * 1024;
/// What a key costs besides its text.
const OVERHEAD: usize = 128;

/// Keys with a value or a hash, which expire.
#[derive(Debug, Default)]
pub struct Keyspace(Mutex<Keys>);

#[derive(Debug, Default)]
struct Keys {
    by_name: HashMap<String, Entry>,
    by_end: BTreeMap<(Instant, u64), String>,
    bytes: usize,
    serial: u64,
}

#[derive(Debug)]
struct Entry {
    value: Value,
    end: (Instant, u64),
}

#[derive(Debug)]
enum Value {
    Text(String),
    Hash(HashMap<String, String>),
}

impl Value {
    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Hash(fields) => fields.iter().map(|(name, value)| field_bytes(name, value)).sum(),
        }
    }
}

fn field_bytes(name: &str, value: &str) -> usize {
    name.len() + value.len() + OVERHEAD
}

impl Keyspace {
    fn keys(&self) -> MutexGuard<'_, Keys> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.expire();
        keys
    }

    /// Adds one, and leaves the end of a key that is there as it is.
    pub(super) fn count(&self, key: &str) -> Result<u64, StoreError> {
        let mut keys = self.keys();
        let next = keys.text(key)?.map_or(Ok(0), str::parse::<u64>).map_err(|_| wrong_kind())?.saturating_add(1);
        let end = keys.by_name.get(key).map(|entry| entry.end.0);
        keys.put(key, Value::Text(next.to_string()), end.unwrap_or_else(|| Instant::now() + FOREVER))?;
        Ok(next)
    }

    /// Writes a field unless it is there, and leaves the end of the hash as it is.
    pub(super) fn add(&self, key: &str, field: &str, value: &str) -> Result<bool, StoreError> {
        let mut keys = self.keys();
        if keys.hash(key)?.is_none() {
            keys.put(key, Value::Hash(HashMap::new()), Instant::now() + FOREVER)?;
        }
        let more = field_bytes(field, value);
        if keys.bytes + more > MAX_BYTES {
            return Err(StoreError::Full);
        }
        let Some(Entry { value: Value::Hash(fields), .. }) = keys.by_name.get_mut(key) else {
            return Err(wrong_kind());
        };
        let added = !fields.contains_key(field);
        if added {
            fields.insert(field.to_owned(), value.to_owned());
            keys.bytes += more;
        }
        Ok(added)
    }

    /// Has a key end `ttl` from now; false where there is none.
    pub(super) fn expire(&self, key: &str, ttl: Duration) -> bool {
        self.keys().end_at(key, Instant::now() + ttl)
    }
}

/// For keys whose end is set by the next command.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 3600);

fn wrong_kind() -> StoreError {
    StoreError::Refused("WRONGTYPE the key holds another kind of value".to_owned())
}

impl Keys {
    fn expire(&mut self) {
        let now = Instant::now();
        while let Some(first) = self.by_end.first_entry()
            && first.key().0 <= now
        {
            let key = first.remove();
            self.forget(&key);
        }
    }

    fn forget(&mut self, key: &str) -> bool {
        let Some(entry) = self.by_name.remove(key) else { return false };
        self.by_end.remove(&entry.end);
        self.bytes -= key.len() + OVERHEAD + entry.value.bytes();
        true
    }

    fn put(&mut self, key: &str, value: Value, end: Instant) -> Result<(), StoreError> {
        let bytes = key.len() + OVERHEAD + value.bytes();
        let old = self.by_name.get(key).map_or(0, |entry| key.len() + OVERHEAD + entry.value.bytes());
        // What there is no room for leaves the old value as it is.
        if self.bytes - old + bytes > MAX_BYTES {
            return Err(StoreError::Full);
        }
        self.forget(key);
        self.serial += 1;
        let end = (end, self.serial);
        self.bytes += bytes;
        self.by_end.insert(end, key.to_owned());
        self.by_name.insert(key.to_owned(), Entry { value, end });
        Ok(())
    }

    fn end_at(&mut self, key: &str, end: Instant) -> bool {
        let Some(entry) = self.by_name.get_mut(key) else { return false };
        self.by_end.remove(&entry.end);
        entry.end.0 = end;
        self.by_end.insert(entry.end, key.to_owned());
        true
    }

    fn text(&self, key: &str) -> Result<Option<&str>, StoreError> {
        match self.by_name.get(key).map(|entry| &entry.value) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Hash(_)) => Err(wrong_kind()),
        }
    }

    fn hash(&self, key: &str) -> Result<Option<&HashMap<String, String>>, StoreError> {
        match self.by_name.get(key).map(|entry| &entry.value) {
            None => Ok(None),
            Some(Value::Hash(fields)) => Ok(Some(fields)),
            Some(Value::Text(_)) => Err(wrong_kind()),
        }
    }
}

#[async_trait]
impl Store for Keyspace {
    async fn get(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.keys().text(key)?.map(str::to_owned))
    }

    async fn set(&self, key: &str, value: &str, ttl: Duration) -> Result<(), StoreError> {
        self.keys().put(key, Value::Text(value.to_owned()), Instant::now() + ttl)
    }

    async fn set_new(&self, key: &str, value: &str, ttl: Duration) -> Result<bool, StoreError> {
        let mut keys = self.keys();
        if keys.by_name.contains_key(key) {
            return Ok(false);
        }
        keys.put(key, Value::Text(value.to_owned()), Instant::now() + ttl)?;
        Ok(true)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.keys().forget(key);
        Ok(())
    }

    async fn increment(&self, key: &str, ttl: Duration) -> Result<u64, StoreError> {
        let next = self.count(key)?;
        self.expire(key, ttl);
        Ok(next)
    }

    async fn add_field(&self, key: &str, field: &str, value: &str, ttl: Duration) -> Result<bool, StoreError> {
        let added = self.add(key, field, value)?;
        self.expire(key, ttl);
        Ok(added)
    }

    async fn field(&self, key: &str, field: &str) -> Result<Option<String>, StoreError> {
        Ok(self.keys().hash(key)?.and_then(|fields| fields.get(field).cloned()))
    }

    async fn fields(&self, key: &str) -> Result<Vec<(String, String)>, StoreError> {
        let keys = self.keys();
        Ok(keys.hash(key)?.map(|fields| fields.clone().into_iter().collect()).unwrap_or_default())
    }

    async fn remove_field(&self, key: &str, field: &str) -> Result<(), StoreError> {
        let mut keys = self.keys();
        let Some(Entry { value: Value::Hash(fields), .. }) = keys.by_name.get_mut(key) else { return Ok(()) };
        let Some(value) = fields.remove(field) else { return Ok(()) };
        let empty = fields.is_empty();
        keys.bytes -= field_bytes(field, &value);
        if empty {
            keys.forget(key);
        }
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "in this process"
    }
}
