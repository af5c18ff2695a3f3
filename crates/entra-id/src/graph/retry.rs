//! How long to wait for a busy service, and when to give up.

use std::time::Duration;

use rand::RngExt;

/// Tries of one request.
const MOST: u32 = 4;
/// What one request may wait in all. A caller who would have to wait longer is told how long instead.
const PATIENCE: Duration = Duration::from_secs(20);
/// The first wait where the service does not say; it doubles each time.
const FIRST: Duration = Duration::from_millis(500);

/// The tries of one request.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    made: u32,
    waited: Duration,
}

impl Attempts {
    /// How long to wait before the next try, after the service asked for `asked`; none to give up.
    ///
    /// Never less than what was asked for, and a random bit more: those who were refused together do not come back
    /// together.
    pub(super) fn wait(&mut self, asked: Duration) -> Option<Duration> {
        self.made += 1;
        let own = FIRST * 2_u32.pow(self.made - 1);
        let jitter = own.mul_f64(rand::rng().random::<f64>());
        let wait = if asked.is_zero() { own / 2 + jitter / 2 } else { asked + jitter / 4 };
        self.waited += wait;
        (self.made < MOST && self.waited <= PATIENCE).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_shorter_than_asked_and_not_for_ever() {
        for _ in 0..100 {
            let mut attempts = Attempts::default();
            let asked = Duration::from_secs(3);
            let waits: Vec<Duration> = std::iter::from_fn(|| attempts.wait(asked)).collect();
            assert!(waits.len() == 3 && waits.iter().all(|wait| *wait >= asked), "{waits:?}");
        }
        assert_eq!(Attempts::default().wait(Duration::from_secs(60)), None, "the caller is told instead");
    }

    #[test]
    fn where_nothing_is_said_waits_double_and_differ() {
        let first = || {
            let mut attempts = Attempts::default();
            (attempts.wait(Duration::ZERO).expect("a second try"), attempts.wait(Duration::ZERO).expect("a third"))
        };
        let waits: Vec<_> = (0..50).map(|_| first()).collect();
        assert!(
            waits.iter().all(|(one, two)| *one >= FIRST / 2 && *one <= FIRST && *two >= FIRST && *two <= FIRST * 2)
        );
        assert!(waits.iter().any(|wait| *wait != waits[0]), "jitter");
    }
}
