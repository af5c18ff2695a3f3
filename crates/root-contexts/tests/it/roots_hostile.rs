//! Paths and URIs that want to get out. None does.

use mcp_root_contexts::workspace::scope::Scope;
use proptest::prelude::*;

use crate::roots_fixture::{Fixture, OTHER, SECRET, contents, marks};

/// Neither secret comes out of the root, and the outer one not even out of everything that is allowed.
fn check(fixture: &Fixture, text: &str) -> bool {
    let (accepted, out) = fixture.read(text);
    assert!(!out.contains(SECRET) && !out.contains(OTHER), "{text:?}: {out}");
    let out = fixture.name(text);
    assert!(!out.contains(SECRET), "{text:?} as a root: {out}");
    accepted
}

/// `{A}` is the path of the folder above everything, without its first slash.
const REFUSED: [&str; 108] = [
    // Straight out.
    "file:///{A}/secret.txt",
    "file:///{A}/outside/secret.txt",
    "file:///{A}/allowed/other/secret.txt",
    "file:///{A}/allowed2/secret.txt",
    "file:/{A}/secret.txt",
    "file://localhost/{A}/secret.txt",
    "FILE:///{A}/secret.txt",
    "/{A}/secret.txt",
    "/{A}/allowed2",
    "/{A}",
    "file:///{A}",
    "file:///",
    "/",
    "file:///etc/passwd",
    "/etc/passwd",
    "file:///other/secret.txt",
    "file:///allowed/other/secret.txt",
    "file:///allowed/other",
    "/allowed",
    "file:///secret.txt",
    // Upwards.
    "..",
    "../..",
    "../other",
    "./../other",
    "src/../../other",
    "src/..",
    "deep/../..",
    "/{A}/allowed/project/..",
    "/{A}/allowed/project/../other",
    "file:///{A}/allowed/project/../other/secret.txt",
    "file:///{A}/allowed/project/../../secret.txt",
    "file:///{A}/allowed/project/src/../../../secret.txt",
    "file:///{A}/allowed/project/./../other/secret.txt",
    "file:///allowed/project/../other/secret.txt",
    "file:///allowed/../allowed2/secret.txt",
    // Upwards, encoded.
    "file:///{A}/allowed/project/%2e%2e/other/secret.txt",
    "file:///{A}/allowed/project/%2E%2E/other/secret.txt",
    "file:///{A}/allowed/project/.%2e/other/secret.txt",
    "file:///{A}/allowed/project/%2e./other/secret.txt",
    "file:///{A}/allowed/project/..%2fother%2fsecret.txt",
    "file:///{A}/allowed/project/..%2Fother%2Fsecret.txt",
    "file:///{A}/allowed/project/%2e%2e%2f%2e%2e%2fsecret.txt",
    "file:///{A}/allowed/project%2f..%2fother/secret.txt",
    "file:///{A}/allowed/project/..%5cother%5csecret.txt",
    "file:///{A}/allowed/project/%c0%ae%c0%ae/other/secret.txt",
    "file:///{A}/allowed/project/%e0%80%ae%e0%80%ae/other/secret.txt",
    "file:///{A}/allowed/project/%u002e%u002e/other/secret.txt",
    "file:///{A}/allowed/project/%252e%252e/other/secret.txt",
    "file:///{A}/allowed/project/%2e%2e/secret.txt",
    "file:///{A}/allowed/project/\u{ff0e}\u{ff0e}/other/secret.txt",
    "file:///{A}/allowed/project/\u{2025}/other/secret.txt",
    "file:///{A}/allowed/project/..\u{2215}other/secret.txt",
    "%2e%2e/other",
    "..%2fother",
    "..;/other",
    "....//other",
    // Backslashes.
    "..\\other",
    "src\\..\\..\\other",
    "file:///{A}/allowed/project\\..\\other\\secret.txt",
    "file:\\\\\\{A}\\secret.txt",
    "\\\\server\\share",
    "\\{A}\\secret.txt",
    // NUL, control characters and blanks.
    "file:///{A}/allowed/project/src/main.rs%00",
    "file:///{A}/allowed/project/src/main.rs\0",
    "file:///{A}/allowed/project/src%00/../../secret.txt",
    "file:///{A}/allowed/project/.\t./other/secret.txt",
    "file:///{A}/allowed/project/.\n./other/secret.txt",
    "file:///{A}/allowed/project/src/main.rs%0a",
    " file:///{A}/allowed/project/src/main.rs",
    "file:///{A}/allowed/project/src/main.rs ",
    "src\0",
    // Links that lead out, themselves and on the way.
    "file:///{A}/allowed/project/link",
    "file:///{A}/allowed/project/up",
    "file:///{A}/allowed/project/sideways",
    "file:///{A}/allowed/project/door/other/secret.txt",
    "file:///{A}/allowed/project/twodoors/secret.txt",
    "file:///{A}/allowed/project/top/{A}/secret.txt",
    "file:///{A}/allowed/project/outside/secret.txt",
    "file:///{A}/allowed/project/deep/out",
    "file:///{A}/allowed/project/deep/er/far/secret.txt",
    "file:///{A}/allowed/project/loop",
    "file:///{A}/allowed/project/dangling",
    "file:///{A}/allowed/project/procroot/{A}/secret.txt",
    "door",
    "twodoors",
    "top",
    "outside",
    "deep/er/far",
    "procroot",
    "file:///allowed/project/link",
    // What is no file.
    "file:///{A}/allowed/project/pipe",
    "file:///{A}/allowed/project/socket",
    "file:///{A}/allowed/project/null",
    "file:///{A}/allowed/project/environ",
    "file:///{A}/allowed/project/fd/0",
    "file:///proc/self/environ",
    "file:///dev/stdin",
    "file:///{A}/allowed/project/src/main.rs/",
    "file:///{A}/allowed/project/src/main.rs/x",
    // Other schemes, hosts and systems.
    "file://server/share/secret.txt",
    "file:////server/share/secret.txt",
    "file:///C:/Windows/win.ini",
    "file:///c%3A/x",
    "C:\\Windows",
    "http://localhost/{A}/allowed/project/src/main.rs",
    "file:{A}/secret.txt",
    "file:///{A}/allowed/project/src/main.rs?x",
    "file:///{A}/ALLOWED/project/src/main.rs",
];

/// What is odd and fine.
const ACCEPTED: [&str; 16] = [
    "file:///{A}/allowed/project/src/main.rs",
    "file:/{A}/allowed/project/src/main.rs",
    "file://localhost/{A}/allowed/project/src/main.rs",
    "File:///{A}/allowed/project/src/main.rs",
    "file:///{A}/allowed/project//src/./main.rs",
    "file:///{A}/allowed/project/%73rc/main%2Ers",
    "file:///{A}/allowed/project/%252e%252e",
    "file:///{A}/allowed/project/inside",
    "file:///{A}/allowed/project/again/main.rs",
    "file:///allowed/project/src/main.rs",
    "/{A}/allowed/project",
    "/{A}/allowed/project/src/",
    "/allowed/project/src",
    "src",
    "./deep/er",
    ".",
];

#[test]
#[cfg(unix)]
fn none_of_them_gets_out() {
    let fixture = Fixture::new();
    let above = fixture.all.path().to_str().expect("text").trim_start_matches('/').to_owned();
    for (texts, expected) in [(REFUSED.as_slice(), false), (ACCEPTED.as_slice(), true)] {
        for text in texts {
            let text = text.replace("{A}", &above);
            assert_eq!(check(&fixture, &text), expected, "{text:?}");
        }
    }
    let long = format!("file:///{above}/allowed/project/{}", "x".repeat(5000));
    let deep = format!("file:///{above}/allowed/project/{}", "x/".repeat(2000));
    let name = format!("file:///{above}/allowed/project/{}", "x".repeat(300));
    for text in [long, deep, name, String::new()] {
        assert!(!check(&fixture, &text), "{text:.80}");
    }
    let all = marks(fixture.scope());
    assert!(all.contains("inside") && !all.contains(SECRET) && !all.contains(OTHER), "{all}");
    // The secrets can be found, where they may be: these checks see something.
    let everything = contents(Scope::everything(&fixture.folders));
    assert!(everything.contains(OTHER) && !everything.contains(SECRET), "{everything}");
    assert!(fixture.name("file:///").contains(OTHER));
}

/// What a text of an attacker consists of.
const PIECES: [&str; 44] = [
    "file://",
    "file:///",
    "file:",
    "file://localhost",
    "/",
    "//",
    "\\",
    "..",
    ".",
    "%2e",
    "%2E%2e",
    "%2f",
    "%5c",
    "%00",
    "%252e",
    "%25",
    "%",
    "?",
    "#",
    ":",
    "~",
    " ",
    "\0",
    "\n",
    "C:",
    "{A}",
    "allowed",
    "allowed2",
    "project",
    "other",
    "outside",
    "secret.txt",
    "src",
    "main.rs",
    "link",
    "up",
    "door",
    "twodoors",
    "top",
    "deep",
    "pipe",
    "proc/self/root",
    "é",
    "\u{202e}",
];

/// Beginnings that come far.
const STARTS: [&str; 6] =
    ["", "file:///{A}/", "file:///{A}/allowed/project/", "/{A}/allowed/project/", "file:///allowed/project/", "door/"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    #[cfg(unix)]
    fn no_byte_of_the_secret_comes_out(
        start in prop::sample::select(STARTS.to_vec()),
        pieces in prop::collection::vec((prop::sample::select(PIECES.to_vec()), any::<bool>()), 0..8),
    ) {
        thread_local!(static FIXTURE: Fixture = Fixture::new());
        FIXTURE.with(|fixture| {
            let above = fixture.all.path().to_str().expect("text").trim_start_matches('/');
            let part = |(piece, slash): &(&str, bool)| format!("{piece}{}", if *slash { "/" } else { "" });
            let path: String = pieces.iter().map(part).collect();
            let text = format!("{start}{path}").replace("{A}", above);
            check(fixture, &text);
        });
    }
}
