//! A history that tells when somebody has changed it.

use crate::ex3_history_that_tells::{Message, chain, first_broken};

const HISTORY: [Message<'static>; 4] =
    [("user", "May we ship?"), ("assistant", "Yes."), ("user", "Sure?"), ("assistant", "We decided to ship.")];

#[test]
fn what_was_not_touched_is_whole() {
    assert_eq!(first_broken(&HISTORY, &chain(&HISTORY)), None);
    assert_eq!(first_broken(&[], &chain(&[])), None);
}

#[test]
fn a_change_breaks_the_chain_where_it_is() {
    let links = chain(&HISTORY);
    for place in 0..HISTORY.len() {
        let mut changed = HISTORY;
        changed[place].1 = "No.";
        assert_eq!(first_broken(&changed, &links), Some(place));
        let mut changed = HISTORY;
        changed[place].0 = "system";
        assert_eq!(first_broken(&changed, &links), Some(place));
    }
}

#[test]
fn a_link_depends_on_all_before_it() {
    let mut changed = HISTORY;
    changed[0].1 = "May we?";
    let (one, other) = (chain(&HISTORY), chain(&changed));
    assert!(one.iter().zip(&other).all(|(one, other)| one != other), "every later link differs too");
    let same = [("user", "x"), ("user", "x")];
    let links = chain(&same);
    assert_ne!(links[0], links[1], "the same message at another place");
}

#[test]
fn parts_cannot_be_shifted() {
    assert_ne!(chain(&[("ab", "c")]), chain(&[("a", "bc")]));
    assert_ne!(chain(&[("user", "")]), chain(&[("", "user")]));
}

#[test]
fn what_is_missing_or_added_is_found() {
    let links = chain(&HISTORY);
    assert_eq!(first_broken(&HISTORY[..3], &links), Some(3), "a message was cut off");
    assert_eq!(first_broken(&HISTORY, &links[..2]), Some(2), "a link was cut off");
    assert_eq!(first_broken(&HISTORY[1..], &links), Some(0));
    let swapped = [HISTORY[1], HISTORY[0], HISTORY[2], HISTORY[3]];
    assert_eq!(first_broken(&swapped, &links), Some(0));
}
