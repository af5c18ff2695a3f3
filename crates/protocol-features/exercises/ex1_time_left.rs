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

use std::time::Duration;

/// The message of a progress report: `done` of `total` things called `what`, after `passed`.
pub(crate) fn message(done: u64, total: Option<u64>, what: &str, passed: Duration) -> String {
    // TODO: say how long is left.
    let _ = passed;
    match total {
        Some(total) => format!("{done} of {total} {what}"),
        None => format!("{done} {what}"),
    }
}
