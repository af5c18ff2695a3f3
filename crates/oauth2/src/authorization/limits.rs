//! How often somebody may try. Counted in windows of fixed length, per name and in total.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::{ErrorCode, OAuthError};

/// Names that are counted at a time; more are counted together.
const MAX_NAMES: usize = 10_000;
const OTHERS: &str = "";

/// At most so many attempts in a window.
// Production: attempts are counted by one process, for each name. Count them in a shared store and for each address too.
pub struct Limit {
    per_name: u32,
    seconds: i64,
    windows: Mutex<HashMap<String, (i64, u32)>>,
}

impl Limit {
    /// `per_name` attempts in `seconds`.
    pub fn new(per_name: u32, seconds: i64) -> Self {
        Self { per_name, seconds, windows: Mutex::default() }
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// There were too many.
    pub fn count(&self, name: &str, now: i64) -> Result<(), OAuthError> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MAX_NAMES && !windows.contains_key(name) {
            windows.retain(|_, (until, _)| *until > now);
        }
        let name = if windows.len() < MAX_NAMES || windows.contains_key(name) { name } else { OTHERS };
        let window = windows.entry(name.to_owned()).or_insert((now + self.seconds, 0));
        if window.0 <= now {
            *window = (now + self.seconds, 0);
        }
        if window.1 >= self.per_name {
            return Err(too_many(window.0 - now));
        }
        window.1 += 1;
        Ok(())
    }

    /// Whether there is room for an attempt, without counting one.
    ///
    /// # Errors
    /// There were too many.
    pub fn check(&self, name: &str, now: i64) -> Result<(), OAuthError> {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        match windows.get(name) {
            Some((until, count)) if *until > now && *count >= self.per_name => Err(too_many(*until - now)),
            _ => Ok(()),
        }
    }

    /// Forgets the attempts of a name, such as after one that succeeded.
    pub fn forget(&self, name: &str) {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

fn too_many(seconds: i64) -> OAuthError {
    OAuthError::new(ErrorCode::TooManyRequests, format!("too many attempts; try again in {seconds} s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_full_and_then_over() {
        let limit = Limit::new(2, 60);
        assert!(limit.count("ada", 0).is_ok() && limit.count("ada", 59).is_ok());
        assert!(limit.count("ada", 59).is_err());
        assert!(limit.count("grace", 59).is_ok(), "each name has its own");
        assert!(limit.count("ada", 60).is_ok());
        limit.count("ada", 61).expect("the second");
        limit.forget("ada");
        assert!(limit.count("ada", 61).is_ok());
    }

    #[test]
    fn many_names_do_not_fill_the_memory() {
        let limit = Limit::new(1, 60);
        for name in 0..2 * MAX_NAMES {
            let _ = limit.count(&name.to_string(), 0);
        }
        assert!(limit.windows.lock().expect("a lock").len() <= MAX_NAMES + 1);
    }
}
