//! Marks with an owner and a date.

use chrono::NaiveDate;

use crate::ex1_overdue_marks::mark;

#[track_caller]
fn reads(line: &str, owner: Option<&str>, due: Option<&str>, text: &str) {
    let found = mark(line).unwrap_or_else(|| panic!("no mark in {line:?}"));
    let due = due.map(|date| date.parse::<NaiveDate>().expect("a date"));
    assert_eq!((found.owner.as_deref(), found.due, found.text.as_str()), (owner, due, text), "{line}");
}

#[test]
fn a_plain_mark_has_neither() {
    reads("// TODO: take orders", None, None, "take orders");
    reads("# FIXME counts twice", None, None, "counts twice");
    reads("TODO", None, None, "");
}

#[test]
fn owners_and_dates_in_any_order() {
    reads("// TODO(ada): x", Some("ada"), None, "x");
    reads("// TODO(2026-12-01): x", None, Some("2026-12-01"), "x");
    reads("// FIXME(ada, 2026-12-01) x (y)", Some("ada"), Some("2026-12-01"), "x (y)");
    reads("// TODO(2026-12-01, ada): x", Some("ada"), Some("2026-12-01"), "x");
    reads("// TODO(): x", None, None, "x");
}

#[test]
fn dates_are_in_the_calendar() {
    reads("// TODO(2026-02-30): x", Some("2026-02-30"), None, "x");
    reads("// TODO(2028-02-29): x", None, Some("2028-02-29"), "x");
}

#[test]
fn a_mark_is_a_word() {
    for line in ["", "TODOS", "aTODO: x", "nothing to do", "FIXMEs"] {
        assert_eq!(mark(line), None, "{line}");
    }
    reads("TODOS and then TODO: x", None, None, "x");
    reads("FIXME: one TODO: two", None, None, "one TODO: two");
    reads("über TODO(zoë): größer", Some("zoë"), None, "größer");
    reads("// TODO(ada: x", None, None, "(ada: x");
}
