//! The least scopes.

use crate::ex1_least_scopes::scopes_for;

const URI: &str = "https://mcp.example.com/mcp";

#[test]
fn what_the_tools_need_and_no_more() {
    let read = "https://mcp.example.com/mcp/mcp.tools.read";
    let execute = "https://mcp.example.com/mcp/mcp.tools.execute";
    assert_eq!(scopes_for(URI, &["whoami"]), format!("{read} offline_access"));
    assert_eq!(scopes_for(URI, &["list_my_messages"]), format!("{execute} offline_access"));
    assert_eq!(scopes_for(URI, &["list_my_messages", "whoami"]), format!("{execute} {read} offline_access"));
    assert_eq!(scopes_for(URI, &["whoami", "get_user_details", "whoami"]), format!("{read} offline_access"));
}

#[test]
fn nothing_for_nothing() {
    assert_eq!(scopes_for(URI, &[]), "");
    assert_eq!(scopes_for(URI, &["no_such_tool"]), "");
}
