//! `.gitignore` as git means it: the same files are left, whatever the patterns.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use mcp_root_contexts::workspace::{
    folders::Folders,
    scope::Scope,
    walk::{Limits, Walk},
};
use proptest::prelude::*;

const FILES: [&str; 16] = [
    "a.txt",
    "b.log",
    "build/out.o",
    "build/keep.txt",
    "src/a.txt",
    "src/build/x.o",
    "src/deep/er/b.log",
    "foo",
    "bar/foo",
    "foo bar.txt",
    "#hash",
    "!bang",
    "docs/a.md",
    "docs/b/c.md",
    "x[1].txt",
    "src/foo/z.txt",
];

/// The top `.gitignore`, and the one in `src`.
const CASES: [(&str, &str); 34] = [
    ("", ""),
    ("*.log\n", ""),
    ("*.log\n", "!b.log\n"),
    ("/a.txt\n", ""),
    ("a.txt\n", "!a.txt\n"),
    ("build/\n", ""),
    ("/build/\n", ""),
    ("build\n!build/keep.txt\n", ""),
    ("build/*\n!build/keep.txt\n", ""),
    ("foo\n", ""),
    ("foo/\n", ""),
    ("/foo\n", ""),
    ("**/foo\n", ""),
    ("src/**/b.log\n", ""),
    ("src/**\n", ""),
    ("src/*\n", ""),
    ("src/**\n!src/a.txt\n", ""),
    ("docs/*.md\n", ""),
    ("docs/**/*.md\n", ""),
    ("**/docs/\n", ""),
    ("# comment\n\\#hash\n", ""),
    ("\\!bang\n", ""),
    ("foo bar.txt\n", ""),
    ("foo\\ bar.txt   \n", ""),
    ("a.txt   \n", ""),
    ("x[1].txt\n", ""),
    ("x\\[1\\].txt\n", ""),
    ("[ab].*\n", ""),
    ("[!a]*.md\n", ""),
    ("?.txt\n", ""),
    ("a.txt\r\n*.log\r\n", ""),
    ("\u{feff}a.txt\n", ""),
    ("*\n!*/\n!*.md\n", ""),
    ("*\n", "!*\n"),
];

/// What git would track: everything that is there and not ignored.
fn by_git(folder: &Path) -> BTreeSet<String> {
    let listed = git(folder, &["ls-files", "--others", "--exclude-per-directory=.gitignore", "-z"]);
    listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn by_us(folder: &Path) -> BTreeSet<String> {
    let folders = Folders::open(&[folder.to_owned()]).expect("the folder");
    let mut walk = Walk::new(Scope::everything(&folders), Limits::default());
    std::iter::from_fn(|| walk.next_file()).map(|file| file.path).collect()
}

/// False where there is no git, which only a developer's machine may lack.
fn has_git() -> bool {
    let has = Command::new("git").arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(has || std::env::var_os("CI").is_none(), "CI has git");
    if !has {
        eprintln!("skipped: there is no git here to compare with");
    }
    has
}

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for path in FILES {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, "x").expect("a file");
    }
    git(folder.path(), &["init", "-q"]);
    folder
}

fn compare(folder: &Path, top: &str, below: &str) {
    fs::write(folder.join(".gitignore"), top).expect("a file");
    fs::write(folder.join("src/.gitignore"), below).expect("a file");
    assert_eq!(by_us(folder), by_git(folder), "{top:?} {below:?}");
}

#[test]
fn the_same_files_are_left() {
    if !has_git() {
        return;
    }
    let folder = repository();
    for (top, below) in CASES {
        compare(folder.path(), top, below);
    }
    assert!(by_us(folder.path()).is_empty(), "a folder that is ignored cannot bring its files back");
    compare(folder.path(), "", "");
    assert_eq!(by_us(folder.path()).len(), FILES.len() + 2);
}

/// Names that patterns are made of, with single slashes between them. (`a//b` and `***` are read in ways of their own
/// by either side, and nobody writes them.)
const NAMES: [&str; 14] =
    ["a.txt", "a*", "*.log", "foo", "src", "build", "docs", "deep", "er", "*", "**", "?.txt", "[ab].*", "*.md"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn whatever_the_patterns(
        lines in prop::collection::vec(
            (
                prop::sample::select(vec!["", "!", "/", "!/"]),
                prop::collection::vec(prop::sample::select(NAMES.to_vec()), 1..4),
                any::<bool>(),
            ),
            1..5,
        ),
        split in 0_usize..5,
    ) {
        if !has_git() {
            return Ok(());
        }
        thread_local!(static FOLDER: tempfile::TempDir = repository());
        let lines: Vec<String> = lines
            .iter()
            .map(|(start, names, only_dir)| format!("{start}{}{}\n", names.join("/"), if *only_dir { "/" } else { "" }))
            .collect();
        let (top, below) = lines.split_at(split.min(lines.len()));
        FOLDER.with(|folder| compare(folder.path(), &top.concat(), &below.concat()));
    }
}
