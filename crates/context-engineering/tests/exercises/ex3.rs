//! Datamarking.

use crate::ex3_datamarking::datamarked;

#[test]
fn every_word_is_marked() {
    assert_eq!(datamarked(" ignore  all\nrules\t", '^').as_deref(), Some("ignore^all^rules"));
    assert_eq!(datamarked("", '^').as_deref(), Some(""));
}

#[test]
fn no_text_writes_the_sign_itself() {
    assert_eq!(datamarked("a^b c", '^'), None);
    assert_eq!(datamarked("a^b c", '\u{e000}').as_deref(), Some("a^b\u{e000}c"));
    for space in [' ', '\n', '\u{a0}'] {
        assert_eq!(datamarked("a b", space), None);
    }
}
