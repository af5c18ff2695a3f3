//! One rate limit for a tenant, however many nodes it calls: they count in the store.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::store::Store;

/// Counters outlive their second, whatever the clocks of nodes say.
const KEPT: Duration = Duration::from_secs(5);

/// Counts the calls of each second. Exercise 2 counts in a window that slides, which is fairer.
pub struct Rate {
    store: Arc<dyn Store>,
    limit: u64,
    /// The second that is counted here while the store is gone, and its calls by tenant.
    alone: Mutex<(u64, HashMap<String, u64>)>,
}

impl Rate {
    /// `limit` calls a second for each tenant; 0 is no limit.
    pub fn new(store: Arc<dyn Store>, limit: u64) -> Self {
        Self { store, limit, alone: Mutex::default() }
    }

    /// Counts a call, and says whether it is within the limit.
    pub async fn allows(&self, tenant: &str) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.limit == 0 || self.allows_in(tenant, now.as_secs()).await
    }

    async fn allows_in(&self, tenant: &str, second: u64) -> bool {
        // Counted first, compared then: two nodes that look before they count both see the last free place.
        let counted = match self.store.increment(&format!("rate:{second}:{tenant}"), KEPT).await {
            Ok(counted) => counted,
            // Each node for itself is better than no limit, and better than no answer.
            Err(_) => self.count_alone(tenant, second),
        };
        counted <= self.limit
    }

    fn count_alone(&self, tenant: &str, second: u64) -> u64 {
        let mut alone = self.alone.lock().unwrap_or_else(PoisonError::into_inner);
        if alone.0 != second {
            *alone = (second, HashMap::new());
        }
        let counted = alone.1.entry(tenant.to_owned()).or_default();
        *counted += 1;
        *counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Keyspace, Redis};

    async fn allowed(nodes: &[Rate], calls: usize, second: u64) -> usize {
        let mut allowed = 0;
        for at in 0..calls {
            allowed += usize::from(nodes[at % nodes.len()].allows_in("ada", second).await);
        }
        allowed
    }

    #[tokio::test]
    async fn nodes_have_one_limit_together() {
        let store: Arc<dyn Store> = Arc::new(Keyspace::default());
        let nodes: Vec<Rate> = (0..3).map(|_| Rate::new(store.clone(), 10)).collect();
        assert_eq!(allowed(&nodes, 50, 7).await, 10);
        assert!(nodes[0].allows_in("bob", 7).await, "another tenant");
        assert_eq!(allowed(&nodes, 50, 8).await, 10, "another second");
        assert!(Rate::new(store, 0).allows("ada").await, "no limit");
    }

    #[tokio::test]
    async fn without_a_store_each_node_has_its_own() {
        let nowhere = Redis::open(&"redis://127.0.0.1:1".into()).expect("a URL");
        let store: Arc<dyn Store> = Arc::new(nowhere);
        let nodes: Vec<Rate> = (0..2).map(|_| Rate::new(store.clone(), 10)).collect();
        assert_eq!(allowed(&nodes, 50, 7).await, 20);
        assert_eq!(allowed(&nodes, 2, 8).await, 2);
    }
}
