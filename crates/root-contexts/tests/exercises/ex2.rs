//! Which roots came, and which went.

use crate::ex2_roots_that_changed::changed;

#[track_caller]
fn changes(before: &[&str], after: &[&str], came: &[&str], went: &[&str]) {
    let (found_came, found_went) = changed(before, after);
    assert_eq!(
        (found_came.as_slice(), found_went.as_slice()),
        (&own(came)[..], &own(went)[..]),
        "{before:?} {after:?}"
    );
}

fn own(all: &[&str]) -> Vec<String> {
    all.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn what_is_new_and_what_is_gone() {
    changes(&["file:///a", "file:///b"], &["file:///b", "file:///c"], &["file:///c"], &["file:///a"]);
    changes(&[], &["file:///a"], &["file:///a"], &[]);
    changes(&["file:///a"], &[], &[], &["file:///a"]);
    changes(&["file:///a"], &["file:///a"], &[], &[]);
}

#[test]
fn one_folder_has_many_names() {
    for other in ["file:///a/b/", "file:/a/b", "FILE:///a/b", "file://localhost/a/b", "file:///a/%62", "file:///a//b"] {
        changes(&["file:///a/b"], &[other], &[], &[]);
    }
    changes(&["file:///f%c3%b6"], &["file:///fö"], &[], &[]);
    changes(&["file:///"], &["file:/"], &[], &[]);
}

#[test]
fn two_folders_are_two() {
    changes(&["file:///a/b"], &["file:///a%2Fb"], &["file:///a%2Fb"], &["file:///a/b"]);
    changes(&["file:///a"], &["file:///A"], &["file:///A"], &["file:///a"]);
    changes(&["file:///a"], &["file:///a%20"], &["file:///a%20"], &["file:///a"]);
}

#[test]
fn each_folder_once_and_nothing_else() {
    changes(
        &[],
        &["file:///a", "file:///a/", "https://example.com/", "nonsense", "file://server/share"],
        &["file:///a"],
        &[],
    );
    changes(&["https://example.com/"], &[], &[], &[]);
}
