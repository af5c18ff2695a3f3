//! Completion that finds what was mistyped.

use crate::ex2_ranked_completion::ranked;

const CITIES: [&str; 8] = ["berlin", "bogota", "London", "madrid", "new-york", "paris", "reykjavik", "tokyo"];

#[track_caller]
fn finds(text: &str, wanted: &[&str]) {
    assert_eq!(ranked(text, &CITIES, 10), wanted, "{text:?}");
}

#[test]
fn beginnings_come_first_then_what_contains_it() {
    finds("yo", &["new-york", "tokyo"]);
    finds("to", &["tokyo"]);
    finds("o", &["bogota", "London", "new-york", "tokyo"]);
    let words = ["cart", "art", "arts", "party"];
    assert_eq!(ranked("art", &words, 10), ["art", "arts", "cart", "party"], "the order within a rank stays");
}

#[test]
fn case_does_not_matter() {
    finds("LOND", &["London"]);
    finds("PARis", &["paris"]);
}

#[test]
fn one_edit_is_forgiven() {
    finds("berlni", &["berlin"]);
    finds("brlin", &["berlin"]);
    finds("berrlin", &["berlin"]);
    finds("bexlin", &["berlin"]);
    finds("rejk", &["reykjavik"]);
    finds("xxrlin", &[]);
    finds("nilreb", &[]);
}

#[test]
fn nothing_comes_twice_and_no_more_than_wanted() {
    assert_eq!(ranked("", &CITIES, 3), ["berlin", "bogota", "London"]);
    assert_eq!(ranked("o", &CITIES, 0), Vec::<&str>::new());
    assert_eq!(ranked("", &CITIES, 100).len(), CITIES.len());
    assert_eq!(ranked("été", &["ete", "été", "eté"], 10), ["été", "eté"], "letters, not bytes");
}
