//! Scopes that hold others.

use crate::ex2_hierarchy::effective;

const RULES: &str = "mcp.admin > mcp.write\nmcp.write > mcp.read\nmcp.read > mcp.access";

#[test]
fn a_broad_scope_holds_the_narrow_ones_through_any_number_of_steps() {
    assert_eq!(effective("mcp.admin", RULES), "mcp.access mcp.admin mcp.read mcp.write");
    assert_eq!(effective("mcp.read", RULES), "mcp.access mcp.read");
    assert_eq!(effective("mcp.access", RULES), "mcp.access");
}

#[test]
fn each_once_and_in_order() {
    assert_eq!(effective("other mcp.access  mcp.read other", RULES), "mcp.access mcp.read other");
    assert_eq!(effective("", RULES), "");
}

#[test]
fn a_circle_ends() {
    assert_eq!(effective("a", "a > b\nb > c\nc > a"), "a b c");
    assert_eq!(effective("a", "a > a"), "a");
}

#[test]
fn lines_that_are_no_rules_are_left_out() {
    assert_eq!(effective("a", "a\n> b\na >\n\n a>b "), "a b");
}
