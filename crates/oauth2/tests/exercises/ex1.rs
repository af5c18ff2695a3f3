//! A challenge, read.

use crate::ex1_challenge::parameter;

#[track_caller]
fn holds(header: &str, name: &str, wanted: Option<&str>) {
    assert_eq!(parameter(header, name).as_deref(), wanted, "{name} of {header}");
}

#[test]
fn quoted_values_lose_their_quotes() {
    holds(r#"Bearer scope="mcp.access mcp.read""#, "scope", Some("mcp.access mcp.read"));
    holds(r#"Bearer error="invalid_token", scope="a""#, "error", Some("invalid_token"));
    holds(r#"Bearer error="invalid_token", scope="a""#, "scope", Some("a"));
    holds("Bearer scope=a, error=b", "error", Some("b"));
}

#[test]
fn commas_and_backslashes_inside_quotes() {
    holds(r#"Bearer error_description="no, not this", scope="a""#, "scope", Some("a"));
    holds(r#"Bearer error_description="scope=\"b\", or", scope="a""#, "scope", Some("a"));
    holds(r#"Bearer error_description="say \"a\"""#, "error_description", Some("say \"a\""));
}

#[test]
fn names_have_no_case() {
    holds(r#"bearer Scope = "a""#, "scope", Some("a"));
    holds(r#"BEARER SCOPE="a""#, "scope", Some("a"));
}

#[test]
fn what_is_not_there_or_there_twice_is_nothing() {
    holds(r#"Bearer scope="a""#, "error", None);
    holds(r#"Basic scope="a""#, "scope", None);
    holds(r#"Bearer scope="a", scope="b""#, "scope", None);
    holds(r#"Bearer xscope="a""#, "scope", None);
    for broken in ["", "Bearer", "Bearer scope", "Bearer scope=\"a", "Bearer scope=\"\\"] {
        holds(broken, "scope", None);
    }
}
