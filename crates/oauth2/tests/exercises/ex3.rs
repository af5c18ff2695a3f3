//! Where a page may lead.

use crate::ex3_return_path::return_path;

#[test]
fn paths_of_this_site_stay() {
    for path in ["/", "/notes", "/notes/7?page=2&sort=title", "/a-b_c.d~e", "/search?q=a%20b"] {
        assert_eq!(return_path(path), path);
    }
}

#[test]
fn other_sites_are_not_reached() {
    for evil in [
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        " /notes",
        "/notes//evil.example",
        "/a/../../evil",
    ] {
        assert_eq!(return_path(evil), "/", "{evil:?}");
    }
}

#[test]
fn what_another_decoding_would_change_is_refused() {
    for evil in ["/%2fevil.example", "/%5cevil.example", "/%09/evil.example", "/a%0d%0aSet-Cookie"] {
        assert_eq!(return_path(evil), "/", "{evil:?}");
    }
}

#[test]
fn length_and_letters_are_bounded() {
    assert_eq!(return_path(&format!("/{}", "a".repeat(10_000))), "/");
    assert_eq!(return_path("/ä"), "/");
    assert_eq!(return_path("/a<b>"), "/");
    assert_eq!(return_path("/a@evil.example"), "/");
}
