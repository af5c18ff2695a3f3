//! A limit on how often one owner may import.

use std::time::{Duration, Instant};

use crate::ex3_import_limit::{ImportLimit, OWNERS};

const EVERY: Duration = Duration::from_secs(2);

/// How many of `count` imports at one moment are let through.
fn admitted(limit: &mut ImportLimit, owner: &str, now: Instant, count: usize) -> usize {
    (0..count).filter(|_| limit.admit(owner, now).is_ok()).count()
}

#[test]
fn a_burst_is_let_through_and_no_more() {
    let (mut limit, now) = (ImportLimit::new(3, EVERY), Instant::now());
    assert_eq!(admitted(&mut limit, "alice", now, 10), 3, "imports of 10 at once, with a burst of 3");
}

#[test]
fn time_gives_imports_back_one_by_one() {
    let (mut limit, now) = (ImportLimit::new(3, EVERY), Instant::now());
    admitted(&mut limit, "alice", now, 3);
    let passed = [1, 2, 3, 4, 8].map(|s| admitted(&mut limit, "alice", now + Duration::from_secs(s), 5));
    assert_eq!(passed, [0, 1, 0, 1, 2], "imports of 5 each after 1, 2, 3, 4 and 8 s, with one more every 2 s");
    let later = admitted(&mut limit, "alice", now + Duration::from_secs(3_600), 10);
    assert_eq!(later, 3, "imports of 10 after an hour: never more than the burst");
}

#[test]
fn a_refusal_says_how_long_to_wait() {
    let (mut limit, now) = (ImportLimit::new(2, Duration::from_secs(5)), Instant::now());
    admitted(&mut limit, "alice", now, 2);
    for (after, wait) in [(0, "wait 5 s"), (1_500, "wait 4 s"), (4_999, "wait 1 s")] {
        let refused = limit.admit("alice", now + Duration::from_millis(after)).err();
        let hint = refused.map_or("no refusal".to_owned(), |error| error.hint());
        assert!(hint.contains(wait), "after {after} ms the hint should say '{wait}', and says '{hint}'");
    }
}

#[test]
fn waiting_as_told_is_enough_and_refusals_cost_nothing() {
    let (mut limit, now) = (ImportLimit::new(2, Duration::from_secs(5)), Instant::now());
    let first = admitted(&mut limit, "alice", now, 50);
    assert_eq!(first, 2, "imports of 50 at once, with a burst of 2");
    assert!(limit.admit("alice", now + Duration::from_secs(5)).is_ok(), "48 refusals moved the time to wait");
}

#[test]
fn owners_do_not_share_a_bucket() {
    let (mut limit, now) = (ImportLimit::new(2, EVERY), Instant::now());
    let both = ["alice", "bob"].map(|owner| admitted(&mut limit, owner, now, 5));
    assert_eq!(both, [2, 2], "imports of 5 each of two owners, with a burst of 2");
}

#[test]
fn made_up_owners_do_not_fill_the_memory() {
    let (mut limit, now) = (ImportLimit::new(2, EVERY), Instant::now());
    assert_eq!(admitted(&mut limit, "mallory", now, 5), 2, "imports of 5 at once, with a burst of 2");
    for number in 0..3 * OWNERS {
        // Refused or not: what counts is what is remembered.
        drop(limit.admit(&format!("made up {number}"), now));
    }
    assert!(limit.owners() <= OWNERS, "{} owners are remembered, and {OWNERS} are allowed", limit.owners());
    assert!(limit.admit("mallory", now).is_err(), "what mallory used was forgotten among made up owners");
}

#[test]
fn owners_come_in_again_when_others_are_done() {
    let (mut limit, now) = (ImportLimit::new(2, EVERY), Instant::now());
    for number in 0..3 * OWNERS {
        drop(limit.admit(&format!("made up {number}"), now));
    }
    let later = now + Duration::from_secs(60);
    assert!(limit.admit("alice", later).is_ok(), "a new owner is refused a minute after the attack");
    assert!(limit.owners() <= OWNERS, "{} owners are remembered, and {OWNERS} are allowed", limit.owners());
}
