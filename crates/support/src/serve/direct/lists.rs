//! Lists that are serialized once, and again when they change.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use rmcp::model::{RequestId, ServerResult};

use crate::{changes::Changes, serve::Granted};

/// Most bytes that are kept. A list that does not fit is made for each request.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// First pages that are the whole list, as they were sent.
pub(super) struct Lists {
    changes: Option<Changes>,
    kept: Mutex<Kept>,
}

/// What an answer depends on, besides the handler's lists themselves.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) method: &'static str,
    pub(super) version: &'static str,
    pub(super) principal: String,
    pub(super) granted: Option<Granted>,
}

#[derive(Default)]
struct Kept {
    generation: u64,
    bytes: usize,
    results: HashMap<Key, Bytes>,
}

impl Lists {
    /// `changes` is where the handler says that a list has changed. Without it they never change.
    pub(super) fn new(changes: Option<Changes>) -> Self {
        Self { changes, kept: Mutex::default() }
    }

    /// Which state of the lists an answer shows. Asked for before the handler is, so that a change in between is noticed.
    pub(super) fn generation(&self) -> u64 {
        self.changes.as_ref().map_or(0, Changes::generation)
    }

    pub(super) fn get(&self, generation: u64, key: &Key) -> Option<Bytes> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.generation == generation).then(|| kept.results.get(key).cloned())?
    }

    /// Keeps a result that shows the lists as they were at `generation`, unless they have changed since.
    pub(super) fn keep(&self, generation: u64, key: Key, result: &ServerResult) {
        if !is_whole(result) {
            return;
        }
        let Ok(result) = serde_json::to_vec(result) else { return };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.generation != generation {
            // A later answer has begun the next generation.
            if kept.generation > generation {
                return;
            }
            *kept = Kept { generation, ..Kept::default() };
        }
        if kept.bytes + result.len() <= MAX_BYTES {
            kept.bytes += result.len();
            // Two requests may have asked at the same time.
            let replaced = kept.results.insert(key, result.into());
            kept.bytes -= replaced.map_or(0, |replaced| replaced.len());
        }
    }
}

/// True for a list that has no further page: a cursor may be good for one caller, or for a while, only. Resources are not
/// kept: of all lists theirs is the likeliest to depend on more than it says, such as what has expired since.
fn is_whole(result: &ServerResult) -> bool {
    match result {
        ServerResult::ListToolsResult(list) => list.next_cursor.is_none(),
        ServerResult::ListPromptsResult(list) => list.next_cursor.is_none(),
        ServerResult::ListResourceTemplatesResult(list) => list.next_cursor.is_none(),
        _ => false,
    }
}

/// The message with a result that was kept.
pub(super) fn message(id: &RequestId, result: &[u8]) -> serde_json::Result<Vec<u8>> {
    let mut message = Vec::with_capacity(result.len() + 128);
    message.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
    serde_json::to_writer(&mut message, id)?;
    message.extend_from_slice(br#","result":"#);
    message.extend_from_slice(result);
    message.push(b'}');
    Ok(message)
}

#[cfg(test)]
mod tests {
    use rmcp::model::{ListToolsResult, NumberOrString};

    use super::*;
    use crate::changes::Change;

    fn key(principal: &str) -> Key {
        Key { method: "tools/list", version: "2026-07-28", principal: principal.to_owned(), granted: None }
    }

    fn whole() -> ServerResult {
        ServerResult::ListToolsResult(ListToolsResult::with_all_items(Vec::new()))
    }

    #[test]
    fn a_list_is_kept_until_a_list_changes() {
        let changes = Changes::default();
        let lists = Lists::new(Some(changes.clone()));
        let before = lists.generation();
        lists.keep(before, key("alice"), &whole());
        assert!(lists.get(lists.generation(), &key("alice")).is_some());
        assert!(lists.get(lists.generation(), &key("bob")).is_none(), "each caller has lists of their own");

        changes.announce(Change::Updated("a://resource".into()));
        assert!(lists.get(lists.generation(), &key("alice")).is_some(), "a resource is no list");
        changes.announce(Change::Tools);
        assert!(lists.get(lists.generation(), &key("alice")).is_none());

        lists.keep(lists.generation(), key("alice"), &whole());
        lists.keep(before, key("alice"), &whole());
        lists.keep(before, key("bob"), &whole());
        assert!(lists.get(lists.generation(), &key("bob")).is_none(), "made before the change, kept after it");
        assert!(lists.get(lists.generation(), &key("alice")).is_some());
    }

    #[test]
    fn a_page_is_not_kept() {
        let lists = Lists::new(None);
        let mut page = ListToolsResult::with_all_items(Vec::new());
        page.next_cursor = Some("2".to_owned());
        lists.keep(0, key("alice"), &ServerResult::ListToolsResult(page));
        assert!(lists.get(0, &key("alice")).is_none());
    }

    #[test]
    fn what_is_kept_becomes_a_message_again() {
        for (id, text) in [(NumberOrString::Number(7), "7"), (NumberOrString::String("a\"b".into()), r#""a\"b""#)] {
            let message = message(&id, br#"{"tools":[]}"#).expect("a message");
            let expected = format!(r#"{{"jsonrpc":"2.0","id":{text},"result":{{"tools":[]}}}}"#);
            assert_eq!(String::from_utf8(message).expect("text"), expected);
        }
    }
}
