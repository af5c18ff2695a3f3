//! Exercise 1, change it: progress that says how long is left.
//!
//! "12 of 100 rows" is true, and still nobody knows whether to wait. Say it: "12 of 100 rows, about 8 s left". The
//! estimate is the pace so far: what is left takes as long for each unit as what is done did. An estimate that jumps is
//! worse than none, so there is none before a second has passed and before anything is done, none at the end, and none
//! where nobody knows the total.
//!
//! Where to look: `report` in `src/server/answer.rs` sends the message, `src/server/long.rs` makes it. The clock comes
//! as an argument, so that no test has to sleep.
//!
//! Hint: time left = time passed * (total - done) / done. Compute in seconds as `f64`: a `Duration` can overflow.
//! Hint: whole seconds, rounded up: "about 1 s left" until the end. From two minutes on, whole minutes: "about 3 min left".
//!
//! Learned: an estimate has a basis or is left out; a `Duration` that is multiplied can overflow, an `f64` cannot.
//! Read on: src/server/long.rs, which has the numbers; RFC 6298, which smooths an estimate so that it does not jump.

use std::time::Duration;

/// Before this an estimate is a guess.
const SETTLED: Duration = Duration::from_secs(1);

/// The message of a progress report: `done` of `total` things called `what`, after `passed`.
pub(crate) fn message(done: u64, total: Option<u64>, what: &str, passed: Duration) -> String {
    let Some(total) = total else { return format!("{done} {what}") };
    let so_far = format!("{done} of {total} {what}");
    if done == 0 || done >= total || passed < SETTLED {
        return so_far;
    }
    let seconds = (passed.as_secs_f64() * (total - done) as f64 / done as f64).ceil();
    // Two minutes: below, a minute is too coarse; above, a second is too fine.
    let left = if seconds < 120.0 { format!("{seconds} s") } else { format!("{} min", (seconds / 60.0).ceil()) };
    format!("{so_far}, about {left} left")
}
