//! The tier in this process: bounded, and nothing in it outlives its end.

use std::collections::{HashMap, VecDeque};

use tokio::time::Instant;

/// Values until their ends; the oldest makes room.
#[derive(Debug)]
pub(super) struct Local {
    by_key: HashMap<String, (String, Instant, u64)>,
    by_age: VecDeque<(String, u64)>,
    room: usize,
    serial: u64,
}

impl Local {
    pub(super) fn new(room: usize) -> Self {
        Self { by_key: HashMap::new(), by_age: VecDeque::new(), room, serial: 0 }
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let (value, end, _) = self.by_key.get(key)?;
        (*end > Instant::now()).then_some(value.as_str())
    }

    pub(super) fn put(&mut self, key: &str, value: &str, end: Instant) {
        self.serial += 1;
        self.by_key.insert(key.to_owned(), (value.to_owned(), end, self.serial));
        self.by_age.push_back((key.to_owned(), self.serial));
        // A key that was written again stands in the queue twice, and counts where it stands last.
        while self.by_key.len() > self.room || self.by_age.len() > 2 * self.room {
            let Some((oldest, serial)) = self.by_age.pop_front() else { break };
            if self.by_key.get(&oldest).is_some_and(|(_, _, last)| *last == serial) {
                self.by_key.remove(&oldest);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_has_a_bound_and_ends() {
        let mut local = Local::new(2);
        let end = Instant::now() + Duration::from_secs(1);
        for key in ["a", "b", "a", "c"] {
            local.put(key, key, end);
        }
        assert_eq!((local.get("a"), local.get("b"), local.get("c")), (Some("a"), None, Some("c")));
        for _ in 0..100 {
            local.put("a", "again", end);
        }
        assert!(local.by_age.len() <= 4, "the queue has a bound too");
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(local.get("a"), None);
    }
}
