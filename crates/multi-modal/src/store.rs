//! The shared context: media that one call leaves for the next, as `media://{id}`.
//!
//! No state lives in a connection, so what outlasts a call is a handle: minted here, too long to guess, bound to its
//! owner, limited by a quota, and gone after a while without use.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rand::RngExt;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::MediaError;

const SCHEME: &str = "media://";

/// What the store allows.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// Items for each owner.
    pub items: usize,
    /// Bytes for each owner.
    pub bytes: usize,
    /// Bytes of all owners together.
    pub all_bytes: usize,
    /// An item that nobody uses for this long is dropped.
    pub idle: Duration,
}

impl Default for Quota {
    fn default() -> Self {
        Self { items: 200, bytes: 64 * 1024 * 1024, all_bytes: 256 * 1024 * 1024, idle: Duration::from_secs(3600) }
    }
}

/// A file in the store.
#[derive(Debug, Clone)]
pub struct Media {
    /// Its name in URIs: 32 hexadecimal digits.
    pub id: String,
    /// Who may see it.
    pub owner: String,
    /// A name for people.
    pub name: String,
    /// MIME type by its magic bytes.
    pub mime: String,
    /// What made it, such as `import` or a tool's name.
    pub made_by: String,
    /// Its content.
    pub bytes: Arc<[u8]>,
}

impl Media {
    /// `media://{id}`.
    pub fn uri(&self) -> String {
        format!("{SCHEME}{}", self.id)
    }

    /// What a client is told of it.
    pub fn info(&self) -> MediaInfo {
        MediaInfo {
            uri: self.uri(),
            name: self.name.clone(),
            mime: self.mime.clone(),
            bytes: self.bytes.len() as u64,
            made_by: self.made_by.clone(),
        }
    }
}

/// A stored file, without its content.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MediaInfo {
    /// Handle, accepted as a source by every tool.
    pub uri: String,
    /// Name for people.
    pub name: String,
    /// MIME type by magic bytes.
    pub mime: String,
    /// Size in bytes.
    pub bytes: u64,
    /// What made it: `import`, or the name of a tool.
    pub made_by: String,
}

struct Item {
    media: Media,
    used: Instant,
    /// Position in the order of making, for listing.
    number: u64,
}

#[derive(Default)]
struct Items {
    by_id: BTreeMap<String, Item>,
    made: u64,
}

/// The store. Its state is in memory: a restart empties it.
// Production: media live in this process's memory; several processes need a shared object store.
pub struct Store {
    quota: Quota,
    items: Mutex<Items>,
}

impl Store {
    /// An empty store.
    pub fn new(quota: Quota) -> Self {
        Self { quota, items: Mutex::default() }
    }

    /// Keeps a file for `owner`. The owner's least recently used files make room for it.
    ///
    /// # Errors
    /// The file alone is over the quota.
    pub fn put(&self, owner: &str, name: &str, mime: &str, made_by: &str, bytes: Vec<u8>) -> Result<Media, MediaError> {
        let limit = self.quota.bytes.min(self.quota.all_bytes);
        if bytes.len() > limit {
            return Err(MediaError::TooLarge {
                what: "file to keep",
                actual: format!("{} bytes", bytes.len()),
                limit: format!("{limit} bytes"),
            });
        }
        let id = format!("{:032x}", rand::rng().random::<u128>());
        let media = Media {
            id: id.clone(),
            owner: owner.to_owned(),
            name: name.to_owned(),
            mime: mime.to_owned(),
            made_by: made_by.to_owned(),
            bytes: bytes.into(),
        };
        let mut items = self.items();
        items.make_room(&self.quota, owner, media.bytes.len());
        items.made += 1;
        let number = items.made;
        items.by_id.insert(id, Item { media: media.clone(), used: Instant::now(), number });
        Ok(media)
    }

    /// The file behind `media://{id}`, for its owner.
    ///
    /// # Errors
    /// There is none, it has expired, or it is somebody else's: the answer is the same.
    pub fn get(&self, owner: &str, uri: &str) -> Result<Media, MediaError> {
        let mut items = self.items();
        let item = uri.strip_prefix(SCHEME).and_then(|id| items.by_id.get_mut(id));
        match item.filter(|item| item.media.owner == owner) {
            Some(item) => {
                item.used = Instant::now();
                Ok(item.media.clone())
            }
            None => Err(unknown(uri)),
        }
    }

    /// The owner's files, in the order of their making.
    pub fn list(&self, owner: &str) -> Vec<MediaInfo> {
        let items = self.items();
        let mut own: Vec<&Item> = items.by_id.values().filter(|item| item.media.owner == owner).collect();
        own.sort_by_key(|item| item.number);
        own.into_iter().map(|item| item.media.info()).collect()
    }

    /// Drops a file of the owner's.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub fn delete(&self, owner: &str, uri: &str) -> Result<MediaInfo, MediaError> {
        let info = self.get(owner, uri)?.info();
        if let Some(id) = uri.strip_prefix(SCHEME) {
            self.items().by_id.remove(id);
        }
        Ok(info)
    }

    /// The items, without those that have expired.
    fn items(&self) -> MutexGuard<'_, Items> {
        // A panic while the lock was held left whole items: each change is one insert or one removal.
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        items.by_id.retain(|_, item| item.used.elapsed() < self.quota.idle);
        items
    }
}

impl Items {
    fn make_room(&mut self, quota: &Quota, owner: &str, bytes: usize) {
        let total = |items: &Self, owner: Option<&str>| -> (usize, usize) {
            let kept = items.by_id.values().filter(|item| owner.is_none_or(|owner| item.media.owner == owner));
            kept.fold((0, 0), |(count, sum), item| (count + 1, sum + item.media.bytes.len()))
        };
        loop {
            let (own_items, own_bytes) = total(self, Some(owner));
            let own_full = own_items >= quota.items || own_bytes + bytes > quota.bytes;
            let all_full = total(self, None).1 + bytes > quota.all_bytes;
            // One owner's uploads push out another's only when the whole store is full.
            let pushed = self
                .by_id
                .values()
                .filter(|item| if own_full { item.media.owner == owner } else { all_full })
                .min_by_key(|item| item.used)
                .map(|item| item.media.id.clone());
            let Some(id) = pushed else { return };
            self.by_id.remove(&id);
        }
    }
}

fn unknown(uri: &str) -> MediaError {
    let shown: String = uri.chars().take(60).collect();
    MediaError::NotFound {
        what: format!("media '{shown}'"),
        hint: "list_media names what is there; handles expire an hour after their last use".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(items: usize, bytes: usize, idle: Duration) -> Store {
        Store::new(Quota { items, bytes, all_bytes: 2 * bytes, idle })
    }

    fn put(store: &Store, owner: &str, size: usize) -> String {
        store.put(owner, "n", "image/png", "import", vec![0; size]).expect("fits").uri()
    }

    #[test]
    fn only_the_owner_sees_a_file() {
        let store = Store::new(Quota::default());
        let uri = put(&store, "alice", 3);
        assert_eq!(store.get("alice", &uri).expect("own").bytes.len(), 3);
        assert!(matches!(store.get("bob", &uri), Err(MediaError::NotFound { .. })));
        assert!(matches!(store.delete("bob", &uri), Err(MediaError::NotFound { .. })));
        assert!(store.list("bob").is_empty());
        assert_eq!(store.list("alice").len(), 1);
        store.delete("alice", &uri).expect("own");
        assert!(store.get("alice", &uri).is_err());
    }

    #[test]
    fn handles_do_not_repeat_and_bad_ones_are_unknown() {
        let store = Store::new(Quota::default());
        assert_ne!(put(&store, "a", 1), put(&store, "a", 1));
        for bad in ["", "media://", "media://../x", "file:///etc/passwd", "media://00000000000000000000000000000000"] {
            assert!(matches!(store.get("a", bad), Err(MediaError::NotFound { .. })), "{bad}");
        }
    }

    #[test]
    fn the_least_recently_used_make_room() {
        let store = store(2, 100, Duration::from_secs(60));
        let (first, second) = (put(&store, "a", 10), put(&store, "a", 10));
        store.get("a", &first).expect("there");
        let third = put(&store, "a", 10);
        assert!(store.get("a", &second).is_err(), "the item quota");
        assert!(store.get("a", &first).is_ok() && store.get("a", &third).is_ok());
        put(&store, "a", 95);
        assert_eq!(store.list("a").len(), 1, "the byte quota");
        assert!(matches!(
            store.put("a", "n", "m", "t", vec![0; 101]),
            Err(MediaError::TooLarge { what: "file to keep", .. })
        ));
    }

    #[test]
    fn one_owner_does_not_push_out_another_below_the_quota() {
        let store = store(100, 100, Duration::from_secs(60));
        let theirs = put(&store, "b", 50);
        for _ in 0..20 {
            put(&store, "a", 40);
        }
        assert!(store.get("b", &theirs).is_ok());
    }

    #[test]
    fn files_expire_without_use() {
        let store = store(5, 100, Duration::from_millis(20));
        let uri = put(&store, "a", 1);
        while store.list("a").len() == 1 {
            std::thread::yield_now();
        }
        assert!(store.get("a", &uri).is_err());
    }
}
