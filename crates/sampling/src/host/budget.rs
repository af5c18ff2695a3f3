//! What one server may cause: requests in a minute, tokens and cost in an hour. Asked before a model is.
//!
//! A request reserves what it may cost at most, and settles with what it did cost, so that several at once cannot spend
//! the same tokens. Windows slide: what is an hour old no longer counts.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

// Production: budgets and their windows last as long as the process of the host. Keep them where all hosts of one
// person find them.

/// Tells the time; tests have their own.
pub(super) type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// The limits for each server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) requests_per_minute: u32,
    pub(super) tokens_per_hour: u64,
    /// In the units of the price.
    pub(super) cost_per_hour: Option<f64>,
}

/// A limit that is reached.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum OverBudget {
    #[error("{limit} requests in a minute is what this host allows a server; try again in {seconds} s")]
    Requests { limit: u32, seconds: u64 },
    #[error("this request needs up to {needed} tokens, and {left} of {limit} an hour are left to this server")]
    Tokens { needed: u64, left: u64, limit: u64 },
    #[error("this request costs up to {needed:.4}, and {left:.4} of {limit:.4} an hour are left to this server")]
    Cost { needed: f64, left: f64, limit: f64 },
}

/// The accounts of all servers. A key is the host's own name for a server, from its command line: a server that could
/// choose it could have as many accounts as it likes.
#[derive(Clone)]
pub(super) struct Budget {
    limits: Limits,
    clock: Clock,
    accounts: Arc<Mutex<HashMap<String, Account>>>,
}

#[derive(Default)]
struct Account {
    requests: VecDeque<Instant>,
    spent: VecDeque<(Instant, u64, f64)>,
    reserved: (u64, f64),
}

impl Budget {
    /// Empty accounts.
    pub(super) fn new(limits: Limits, clock: Clock) -> Self {
        Self { limits, clock, accounts: Arc::default() }
    }

    /// Counts a request, or says when the next one is welcome. A refused request does not count.
    pub(super) fn admit(&self, server: &str) -> Result<(), OverBudget> {
        let now = (self.clock)();
        let mut accounts = self.accounts();
        let account = accounts.entry(server.to_owned()).or_default();
        while account.requests.front().is_some_and(|at| now.duration_since(*at) >= MINUTE) {
            account.requests.pop_front();
        }
        let limit = self.limits.requests_per_minute;
        if account.requests.len() >= limit as usize {
            let oldest = account.requests.front().copied().unwrap_or(now);
            let wait = MINUTE.saturating_sub(now.duration_since(oldest));
            return Err(OverBudget::Requests { limit, seconds: wait.as_secs().max(1) });
        }
        account.requests.push_back(now);
        Ok(())
    }

    /// Holds `tokens` at a price for each thousand, until the reservation is settled or dropped.
    pub(super) fn reserve(&self, server: &str, tokens: u64, price: f64) -> Result<Reservation, OverBudget> {
        let now = (self.clock)();
        let mut accounts = self.accounts();
        let account = accounts.entry(server.to_owned()).or_default();
        while account.spent.front().is_some_and(|(at, ..)| now.duration_since(*at) >= HOUR) {
            account.spent.pop_front();
        }
        let used: u64 = account.reserved.0 + account.spent.iter().map(|(_, tokens, _)| tokens).sum::<u64>();
        let limit = self.limits.tokens_per_hour;
        let left = limit.saturating_sub(used);
        if tokens > left {
            return Err(OverBudget::Tokens { needed: tokens, left, limit });
        }
        let needed = cost(tokens, price);
        if let Some(limit) = self.limits.cost_per_hour {
            let used = account.reserved.1 + account.spent.iter().map(|(.., cost)| cost).sum::<f64>();
            let left = (limit - used).max(0.0);
            if needed > left {
                return Err(OverBudget::Cost { needed, left, limit });
            }
        }
        account.reserved.0 += tokens;
        account.reserved.1 += needed;
        Ok(Reservation { budget: self.clone(), server: server.to_owned(), tokens, price, used: None })
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<String, Account>> {
        // Whoever panicked with the lock left whole numbers behind.
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tokens that are held for a request.
pub(super) struct Reservation {
    budget: Budget,
    server: String,
    tokens: u64,
    price: f64,
    used: Option<u64>,
}

impl Reservation {
    /// The model is asked from now on. Until it says what it used, all of it counts, also when nobody waits any more.
    pub(super) fn begin(&mut self) {
        self.used = Some(self.tokens);
    }

    /// What was used after all.
    pub(super) fn settle(mut self, tokens: u64) {
        self.used = Some(tokens);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let now = (self.budget.clock)();
        let mut accounts = self.budget.accounts();
        let Some(account) = accounts.get_mut(&self.server) else { return };
        account.reserved.0 = account.reserved.0.saturating_sub(self.tokens);
        account.reserved.1 = (account.reserved.1 - cost(self.tokens, self.price)).max(0.0);
        if let Some(used) = self.used {
            account.spent.push_back((now, used, cost(used, self.price)));
        }
    }
}

fn cost(tokens: u64, price: f64) -> f64 {
    tokens as f64 / 1000.0 * price
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A budget whose time a test moves.
    fn budget(limits: Limits) -> (Budget, Arc<Mutex<Instant>>) {
        let time = Arc::new(Mutex::new(Instant::now()));
        let told = time.clone();
        (Budget::new(limits, Arc::new(move || *told.lock().expect("time"))), time)
    }

    fn pass(time: &Mutex<Instant>, duration: Duration) {
        *time.lock().expect("time") += duration;
    }

    const LIMITS: Limits = Limits { requests_per_minute: 2, tokens_per_hour: 1000, cost_per_hour: Some(2.0) };

    #[test]
    fn requests_of_one_server_in_a_minute() {
        let (budget, time) = budget(LIMITS);
        budget.admit("a").expect("the first");
        pass(&time, Duration::from_secs(20));
        budget.admit("a").expect("the second");
        assert_eq!(budget.admit("a"), Err(OverBudget::Requests { limit: 2, seconds: 40 }));
        budget.admit("b").expect("another server has its own account");
        pass(&time, Duration::from_secs(40));
        budget.admit("a").expect("the first is a minute old");
        assert!(budget.admit("a").is_err());
    }

    #[test]
    fn tokens_are_held_settled_and_given_back() {
        let (budget, time) = budget(LIMITS);
        let first = budget.reserve("a", 600, 0.0).expect("600 of 1000");
        let refused = budget.reserve("a", 600, 0.0).err();
        assert_eq!(refused, Some(OverBudget::Tokens { needed: 600, left: 400, limit: 1000 }));
        first.settle(100);
        let second = budget.reserve("a", 900, 0.0).expect("900 are left");
        drop(second);
        budget.reserve("a", 900, 0.0).expect("nothing was used").begin();
        assert!(budget.reserve("a", 1, 0.0).is_err());
        pass(&time, HOUR);
        budget.reserve("a", 1000, 0.0).expect("an hour later");
    }

    #[test]
    fn cost_has_a_limit_of_its_own() {
        let (budget, _) = budget(LIMITS);
        budget.reserve("a", 500, 3.0).expect("1.5 of 2").settle(500);
        let refused = budget.reserve("a", 200, 3.0).err();
        assert!(matches!(refused, Some(OverBudget::Cost { .. })), "{refused:?}");
        budget.reserve("a", 200, 0.0).expect("a model that is free");
        let (unlimited, _) = self::budget(Limits { cost_per_hour: None, ..LIMITS });
        unlimited.reserve("a", 1000, 1e9).expect("no limit of cost");
    }
}
