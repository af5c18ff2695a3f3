//! What Rust code may not contain.

use super::{Report, TEMPLATES, rust::Rust};
use crate::workspace::Workspace;

/// Macros that write to stdout, or that panic on purpose.
const BANNED_IN_SRC: [(&str, &str); 5] = [
    ("println!", "stdout belongs to the protocol"),
    ("print!", "stdout belongs to the protocol"),
    ("dbg!", "it is left over from a search"),
    ("todo!", "a sample that panics teaches panicking"),
    ("unimplemented!", "a sample that panics teaches panicking"),
];

pub(super) fn check(workspace: &Workspace, files: &[String], report: &mut Report) {
    for path in rust_files(files) {
        let Some(text) = workspace.read(path) else {
            continue;
        };
        let rust = Rust::read(&text);
        if is_in_src(path) {
            for (name, why) in BANNED_IN_SRC {
                for place in rust.words(name) {
                    let mend = "write to stderr with tracing, return an error, or delete it";
                    report.error(path, rust.line(place), format!("`{name}` in src: {why}"), mend);
                }
            }
        }
        for place in rust.words("unsafe") {
            report.error(
                path,
                rust.line(place),
                "`unsafe` code",
                "use a safe interface; nothing here needs unsafe code",
            );
        }
        for (place, attribute) in rust.attributes() {
            let line = rust.line(place);
            let has = |word: &str| Rust::read(attribute).words(word).next().is_some();
            let has_reason = has("reason");
            if has("allow(") && !has_reason {
                let mend = "mend the cause, or write #[expect(..., reason = \"...\")]";
                report.error(path, line, "`allow` without a reason", mend);
            }
            if has("expect(") && has("deprecated") && !has_reason {
                report.error(path, line, "`expect(deprecated)` without a reason", "add reason = \"SEP-...: why\"");
            }
            if attribute.starts_with("tool_handler") && !has("router") {
                let mend = "keep the router in a field, and write #[tool_handler(router = self.tools)]";
                report.error(path, line, "the tool router is built again for each request", mend);
            }
            if attribute.starts_with("ignore") || (attribute.starts_with("cfg_attr") && has("ignore")) {
                let mend = "let the test find out by itself whether it can run";
                report.error(path, line, "an ignored test proves nothing", mend);
            }
        }
    }
}

/// The Rust files that are compiled here.
pub(super) fn rust_files(files: &[String]) -> impl Iterator<Item = &String> {
    files.iter().filter(|path| path.ends_with(".rs") && !path.starts_with(TEMPLATES))
}

fn is_in_src(path: &str) -> bool {
    let in_src = path.contains("/src/") && (path.starts_with("crates/") || path.starts_with("tests/"));
    in_src && !path.starts_with("crates/xtask/") && !path.contains("/exercises/")
}

#[cfg(test)]
mod tests {
    use super::super::tests::cases;

    #[test]
    fn what_code_may_not_contain() {
        const LIB: &str = "crates/support/src/lib.rs";
        cases(&[
            (&[(LIB, "fn f() {\n    println!(\"a\");\n}\n")], &["crates/support/src/lib.rs:2: `println!` in src"]),
            (&[(LIB, "fn f() { print!(\"a\"); }")], &["crates/support/src/lib.rs:1: `print!` in src"]),
            (&[(LIB, "fn f() { dbg!(1); }")], &["crates/support/src/lib.rs:1: `dbg!` in src"]),
            (&[(LIB, "fn f() { todo!() }")], &["crates/support/src/lib.rs:1: `todo!` in src"]),
            (&[(LIB, "fn f() { unimplemented!() }")], &["crates/support/src/lib.rs:1: `unimplemented!` in src"]),
            (&[(LIB, "fn f() { eprintln!(\"println!\"); } // println!")], &[]),
            (&[("crates/support/exercises/ex1_a.rs", "fn f() { todo!() }")], &[]),
            (&[(LIB, "fn f() { unsafe {} }")], &["crates/support/src/lib.rs:1: `unsafe` code"]),
            (&[(LIB, "#![forbid(unsafe_code)]\n// unsafe\n")], &[]),
            (&[(LIB, "#[allow(dead_code)]\nfn f() {}")], &["crates/support/src/lib.rs:1: `allow` without a reason"]),
            (&[(LIB, "#![cfg_attr(test, allow(dead_code))]")], &["crates/support/src/lib.rs:1: `allow` without"]),
            (&[(LIB, "#[allow(\n  dead_code,\n  reason = \"x\"\n)]\nfn f() {}")], &[]),
            (&[(LIB, "#![expect(deprecated)]")], &["crates/support/src/lib.rs:1: `expect(deprecated)` without"]),
            (&[(LIB, "#![expect(deprecated, reason = \"SEP-2577\")]")], &[]),
            (
                &[("tests/it/main.rs", "#[test]\n#[ignore = \"slow\"]\nfn f() {}")],
                &["tests/it/main.rs:2: an ignored test"],
            ),
            (&[("tests/it/main.rs", "#[test]\nfn ignore() {}")], &[]),
            (&[(LIB, "#[tool_handler(router = self.tools)]\nimpl S for L {}")], &[]),
            (
                &[(LIB, "#[tool_handler]\nimpl S for L {}")],
                &["crates/support/src/lib.rs:1: the tool router is built again"],
            ),
        ]);
    }
}
