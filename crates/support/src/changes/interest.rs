//! Which resources anybody is subscribed to: for a handler that learns of their changes from somebody else, and has to
//! ask for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rmcp::ErrorData;
use tokio::sync::watch;

use super::{Changes, MAX_SUBSCRIPTIONS, MAX_URI_BYTES};

/// How many subscribers each resource has.
#[derive(Debug, Clone, Default)]
pub(super) struct Interests(watch::Sender<BTreeMap<Arc<str>, usize>>);

/// The resources that have subscribers, in either revision.
#[derive(Debug, Clone)]
pub struct Wanted(watch::Receiver<BTreeMap<Arc<str>, usize>>);

/// One subscriber's interest, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Interest {
    all: Interests,
    uris: Vec<Arc<str>>,
}

impl Interests {
    pub(super) fn add<'a>(&self, uris: impl IntoIterator<Item = &'a str>) -> Interest {
        let uris: Vec<Arc<str>> = uris.into_iter().map(Arc::from).collect();
        self.0.send_if_modified(|all| {
            let before = all.len();
            for uri in &uris {
                *all.entry(Arc::clone(uri)).or_default() += 1;
            }
            all.len() != before
        });
        Interest { all: self.clone(), uris }
    }

    pub(super) fn wanted(&self) -> Wanted {
        Wanted(self.0.subscribe())
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        self.all.0.send_if_modified(|all| {
            let before = all.len();
            for uri in &self.uris {
                if let Some(subscribers) = all.get_mut(uri) {
                    *subscribers -= 1;
                    if *subscribers == 0 {
                        all.remove(uri);
                    }
                }
            }
            all.len() != before
        });
    }
}

impl Wanted {
    /// The URIs, as they are now.
    pub fn uris(&mut self) -> BTreeSet<Arc<str>> {
        self.0.borrow_and_update().keys().cloned().collect()
    }

    /// Waits until they are others than [`Wanted::uris`] has said last. Never ends once the hub has gone.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending().await
        }
    }
}

/// What one session of 2025-11-25 has subscribed to with `resources/subscribe`.
#[derive(Debug, Clone, Default)]
pub struct SessionSubscriptions(Arc<Mutex<BTreeMap<String, Interest>>>);

impl SessionSubscriptions {
    /// Adds a resource.
    ///
    /// # Errors
    /// -32602 when the session has subscribed to too many.
    pub fn add(&self, uri: String, changes: &Changes) -> Result<(), ErrorData> {
        if uri.len() > MAX_URI_BYTES {
            return Err(ErrorData::invalid_params(format!("the uri is longer than {MAX_URI_BYTES} bytes"), None));
        }
        let mut uris = self.lock();
        if uris.len() >= MAX_SUBSCRIPTIONS && !uris.contains_key(&uri) {
            return Err(ErrorData::invalid_params(
                format!("at most {MAX_SUBSCRIPTIONS} subscriptions for each session"),
                None,
            ));
        }
        let interest = changes.interests.add([uri.as_str()]);
        uris.insert(uri, interest);
        Ok(())
    }

    /// Removes a resource, subscribed to or not.
    pub fn remove(&self, uri: &str) {
        self.lock().remove(uri);
    }

    pub(super) fn contains(&self, uri: &str) -> bool {
        self.lock().contains_key(uri)
    }

    pub(super) fn all(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Interest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_wanted_while_anybody_is_subscribed() {
        let changes = Changes::default();
        let mut wanted = changes.wanted();
        let (one, other) = (SessionSubscriptions::default(), SessionSubscriptions::default());
        for session in [&one, &other, &other] {
            session.add("a://1".to_owned(), &changes).expect("room");
        }
        let stream = changes.interests.add(["a://1", "a://2"]);
        assert_eq!(wanted.uris().into_iter().map(|uri| uri.to_string()).collect::<Vec<_>>(), ["a://1", "a://2"]);
        drop((stream, one));
        assert_eq!(wanted.uris().into_iter().map(|uri| uri.to_string()).collect::<Vec<_>>(), ["a://1"]);
        assert!(!wanted.0.has_changed().expect("the hub"));
        other.remove("a://1");
        assert!(wanted.0.has_changed().expect("the hub"));
        assert!(wanted.uris().is_empty());
    }
}
