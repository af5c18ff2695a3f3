//! The workspace against a real file system: what is inside is read, what is outside is not.

use std::{fs, path::Path, time::Duration};

use tempfile::TempDir;

use super::{
    analyze::{Analysis, analysis},
    complete,
    folders::{FolderError, Folders},
    open::OpenError,
    read::{self, Part, ReadError, Text},
    scope::{Scope, ScopeError, Verdict},
    search::{Found, Query, QueryError, search},
    uri::{FileUri, UriError},
    walk::{Limits, Stopped},
};

/// A folder with these files, the folders above them made.
fn project(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, content).expect("a file");
    }
    folder
}

fn uri(path: &Path) -> String {
    url::Url::from_file_path(path).expect("an absolute path").to_string()
}

fn open(path: &Path) -> Folders {
    Folders::open(&[path.to_owned()]).expect("a folder")
}

fn analyzed(scope: Scope, limits: Limits) -> Analysis {
    let mut sweep = analysis(scope, limits).expect("a pattern");
    while !sweep.step(Duration::from_millis(1)) {}
    sweep.finish()
}

fn searched(scope: Scope, query: &Query) -> Found {
    let mut sweep = search(scope, query, Limits::default()).expect("a query");
    while !sweep.step(Duration::from_secs(1)) {}
    sweep.finish()
}

#[test]
fn roots_cut_down_what_is_allowed() {
    let all = project(&[("allowed/a/x.txt", b"x"), ("allowed/b/y.txt", b"y"), ("secret/z.txt", b"z")]);
    let folders = open(&all.path().join("allowed"));
    let root = |path: &str| uri(&all.path().join(path));
    let verdicts = |roots: &[String]| Scope::of_roots(&folders, roots.iter().map(String::as_str));

    for (roots, expected, readable) in [
        (vec![root("allowed")], vec![Verdict::Whole], vec![root("allowed")]),
        (vec![root("allowed/a")], vec![Verdict::Whole], vec![root("allowed/a")]),
        (vec![root("")], vec![Verdict::Parts(vec![root("allowed")])], vec![root("allowed")]),
        (vec!["file:///".to_owned()], vec![Verdict::Parts(vec![root("allowed")])], vec![root("allowed")]),
        (vec![root("allowed/a"), root("allowed/a/")], vec![Verdict::Whole, Verdict::Covered], vec![root("allowed/a")]),
        (vec![root("allowed/a"), root("allowed")], vec![Verdict::Whole, Verdict::Whole], vec![root("allowed")]),
        (vec![root("secret")], vec![Verdict::Refused(ScopeError::Outside)], vec![]),
        (vec![root("nowhere")], vec![Verdict::Refused(ScopeError::Outside)], vec![]),
        (vec![root("allowed/none")], vec![Verdict::Refused(OpenError::Missing.into())], vec![]),
        (vec![root("allowed/a/x.txt")], vec![Verdict::Refused(OpenError::NotAFolder.into())], vec![]),
        (vec![root("allowed-not")], vec![Verdict::Refused(ScopeError::Outside)], vec![]),
        (vec!["http://x/y".to_owned()], vec![Verdict::Refused(UriError::Scheme.into())], vec![]),
    ] {
        let (scope, found) = verdicts(&roots);
        let tidy = |uri: &String| uri.trim_end_matches('/').to_owned();
        let expected: Vec<Verdict> = expected
            .into_iter()
            .map(|verdict| match verdict {
                Verdict::Parts(parts) => Verdict::Parts(parts.iter().map(tidy).collect()),
                other => other,
            })
            .collect();
        assert_eq!(found, expected, "{roots:?}");
        assert_eq!(scope.uris(), readable, "{roots:?}");
    }

    let (scope, _) = verdicts(&[root("allowed/a")]);
    assert!(scope.file(&folders, &root("allowed/a/x.txt")).is_ok());
    for outside in ["allowed/b/y.txt", "secret/z.txt"] {
        let error = scope.file(&folders, &root(outside)).map(|_| ()).expect_err(outside);
        assert_eq!(error, ScopeError::Outside, "{outside}");
    }
    let label = scope.file(&folders, "file:///allowed/a/x.txt").expect("by its label");
    assert_eq!(label.1, "file:///allowed/a/x.txt");
    assert!(scope.file(&folders, "file:///allowed/b/y.txt").is_err(), "a label goes no further than the roots");
}

#[test]
fn a_directory_is_narrowed_to() {
    let all = project(&[("one/a/x.txt", b"x"), ("two/b/y.txt", b"y")]);
    let paths = [all.path().join("one"), all.path().join("two")];
    let folders = Folders::open(&paths).expect("folders");
    let everything = Scope::everything(&folders);
    assert_eq!(everything.uris(), ["file:///one", "file:///two"]);
    let absolute = paths[1].join("b").to_str().expect("text").to_owned();
    for (directory, expected) in [
        ("b", "file:///two/b".to_owned()),
        ("a/", "file:///one/a".to_owned()),
        ("file:///two/b", "file:///two/b".to_owned()),
        ("/two", "file:///two".to_owned()),
        (absolute.as_str(), uri(&paths[1].join("b"))),
    ] {
        let scope = everything.narrowed(&folders, directory).expect(directory);
        assert_eq!(scope.uris(), [expected], "{directory}");
    }
    for (directory, expected) in [
        ("none", ScopeError::Open(OpenError::Missing)),
        ("..", ScopeError::Uri(UriError::Upwards)),
        ("/etc", ScopeError::Outside),
        ("a/x.txt", ScopeError::Open(OpenError::NotAFolder)),
    ] {
        assert_eq!(everything.narrowed(&folders, directory).map(|_| ()), Err(expected), "{directory}");
    }
}

#[test]
fn some_folders_cannot_be_allowed() {
    let all = project(&[("file.txt", b"x"), ("a/same/x", b""), ("b/same/x", b"")]);
    assert!(matches!(Folders::open(&[all.path().join("none")]), Err(FolderError::Open(..))));
    assert!(matches!(Folders::open(&[all.path().join("file.txt")]), Err(FolderError::Open(..))));
    #[cfg(target_os = "linux")]
    for system in ["/", "/proc", "/proc/self", "/dev"] {
        assert!(matches!(Folders::open(&[system.into()]), Err(FolderError::System(_))), "{system}");
    }
    let many = vec![all.path().to_owned(); 65];
    assert!(matches!(Folders::open(&many), Err(FolderError::TooMany(65))));
    let same = Folders::open(&[all.path().join("a/same"), all.path().join("b/same"), all.path().join("a/same")]);
    assert_eq!(Scope::everything(&same.expect("two")).uris(), ["file:///same", "file:///same-2"]);
}

#[test]
fn a_project_is_counted() {
    let all = project(&[
        (".gitignore", b"/out/\n*.log\n!keep.log\n"),
        ("a.rs", b"// TODO(ada): one\nfn f() {}\n// FIXME two\nlet todo = 1;\n"),
        ("b.py", b"# TODO: three"),
        ("bin.dat", b"TODO\0"),
        ("big.txt", &[b'x'; 5000]),
        ("x.log", b"TODO ignored"),
        ("keep.log", b"kept\n"),
        ("out/made.rs", b"TODO ignored"),
        ("sub/.gitignore", b"*.py\n!keep.log\n"),
        ("sub/c.py", b"TODO ignored"),
        (".git/config", b"TODO ignored"),
    ]);
    let folders = open(all.path());
    let limits = Limits { file_bytes: 4096, ..Limits::default() };
    let found = analyzed(Scope::everything(&folders), limits);
    let marks: Vec<_> = found.todos.iter().map(|mark| (mark.kind.as_str(), mark.line, mark.text.as_str())).collect();
    assert_eq!(marks, [("TODO", 1, "one"), ("FIXME", 3, "two"), ("TODO", 1, "three")]);
    assert_eq!((found.files, found.todo_count, found.lines), (7, 3, 4 + 1 + 1 + 3 + 2));
    assert_eq!(found.skipped.ignored, 4, "x.log, out, sub/c.py, .git: {:?}", found.skipped);
    assert_eq!((found.skipped.binary, found.skipped.large, found.stopped), (1, 1, None));
    assert!(found.largest[0].uri.ends_with("/big.txt") && found.largest[0].bytes == 5000);
    let languages: Vec<_> = found.languages.iter().map(|one| (one.language.as_str(), one.files)).collect();
    assert_eq!(languages, [("Other", 3), ("Rust", 1), ("Python", 1)]);

    for (limits, stopped, files) in [
        (Limits { files: 2, ..limits }, Stopped::Files, 2),
        (Limits { entries: 3, ..limits }, Stopped::Entries, 99),
        (Limits { time: Duration::ZERO, ..limits }, Stopped::Time, 0),
    ] {
        let found = analyzed(Scope::everything(&folders), limits);
        assert_eq!(found.stopped, Some(stopped));
        assert!(found.files <= files, "{stopped:?} {}", found.files);
    }
    let shallow = analyzed(Scope::everything(&folders), Limits { depth: 1, ..limits });
    assert_eq!((shallow.files, shallow.skipped.deep), (6, 1));
}

#[test]
fn hits_say_where_they_are() {
    let all = project(&[
        ("src/a.rs", "fn größe() {}\nlet Größe = 1; // größe\n".as_bytes()),
        ("src/b.txt", b"a.c\nabc\n"),
        ("long.txt", format!("{}needle{}", "x".repeat(3000), "y".repeat(3000)).as_bytes()),
    ]);
    let folders = open(all.path());
    let find = |query: Query| searched(Scope::everything(&folders), &Query { most: 10, ..query });
    let hits = |found: &Found| found.hits.iter().map(|hit| (hit.line, hit.column)).collect::<Vec<_>>();
    let text = |text: &str| Query { text: text.to_owned(), ..Query::default() };

    assert_eq!(hits(&find(text("GRÖSSE"))), [], "no folding of ß");
    assert_eq!(hits(&find(text("größe"))), [(1, 4), (2, 5)]);
    assert_eq!(hits(&find(Query { is_case_sensitive: true, ..text("größe") })), [(1, 4), (2, 19)]);
    assert_eq!(hits(&find(text("a.c"))), [(1, 1)]);
    assert_eq!(hits(&find(Query { is_regex: true, ..text("a.c") })), [(1, 1), (2, 1)]);
    for (glob, count) in [("*.txt", 2), ("src/*", 2), ("*/b.txt", 2), ("**/*.rs", 0), ("b.{txt,md}", 2), ("/src/b*", 2)]
    {
        let found = find(Query { is_regex: true, glob: Some(glob.to_owned()), ..text("^a.c$") });
        assert_eq!(found.hits.len(), count, "{glob}");
    }
    let long = find(text("needle"));
    assert_eq!(long.hits[0].column, 3001);
    assert!(long.hits[0].excerpt.contains("needle") && long.hits[0].excerpt.len() <= 200, "{long:?}");
    let some = searched(Scope::everything(&folders), &Query { most: 1, ..text("größe") });
    assert_eq!((some.hits.len(), some.stopped), (1, Some(Stopped::Enough)));

    let bad = |query: &Query| search(Scope::everything(&folders), query, Limits::default()).map(|_| ());
    assert!(matches!(bad(&Query { is_regex: true, ..text("(") }), Err(QueryError::Regex(_))));
    assert!(matches!(bad(&Query { is_regex: true, ..text(r"(\w{1000}){1000}") }), Err(QueryError::Regex(_))));
    assert!(matches!(bad(&Query { glob: Some("[".to_owned()), ..text("x") }), Err(QueryError::Glob(_))));
}

#[test]
fn parts_of_files_are_read() {
    let long = "ä".repeat(50_000);
    let all = project(&[
        ("lines.txt", b"one\ntwo\r\nthree"),
        ("odd.txt", "aäö€𝄞".as_bytes()),
        ("latin.txt", b"gr\xfc\xdfe"),
        ("nul.txt", b"a\0b"),
        ("empty.txt", b""),
        ("cut.txt", b"abc\xc3"),
        ("long.txt", long.as_bytes()),
    ]);
    let folders = open(all.path());
    let scope = Scope::everything(&folders);
    let read = |name: &str, part: Part| -> Result<Text, ReadError> {
        let (file, name) = scope.file(&folders, &uri(&all.path().join(name))).expect(name);
        read::read(file, name, part)
    };
    for (name, part, text, next) in [
        ("lines.txt", Part::Lines(1, 9), "one\ntwo\r\nthree", None),
        ("lines.txt", Part::Lines(2, 2), "two\r\n", Some(9)),
        ("lines.txt", Part::Lines(3, 3), "three", None),
        ("lines.txt", Part::Bytes(4, 4), "two\r", Some(8)),
        ("lines.txt", Part::Bytes(14, 4), "", None),
        ("odd.txt", Part::Bytes(2, 4), "ö", Some(5)),
        ("odd.txt", Part::Bytes(0, 9), "aäö€", Some(8)),
        ("empty.txt", Part::Bytes(0, 100), "", None),
        ("empty.txt", Part::Lines(1, 1), "", None),
        ("latin.txt", Part::Bytes(0, 2), "gr", Some(2)),
    ] {
        let found = read(name, part).unwrap_or_else(|error| panic!("{name} {part:?}: {error}"));
        assert_eq!((found.text.as_str(), found.next_offset), (text, next), "{name} {part:?}");
    }
    for (name, part, says) in [
        ("lines.txt", Part::Lines(4, 5), "3 lines"),
        ("lines.txt", Part::Bytes(15, 4), "14 bytes"),
        ("latin.txt", Part::Bytes(0, 100), "byte 2"),
        ("nul.txt", Part::Lines(1, 1), "byte 1"),
        ("cut.txt", Part::Bytes(0, 100), "byte 3"),
    ] {
        let error = read(name, part).expect_err(name).to_string();
        assert!(error.contains(says), "{name} {part:?}: {error}");
    }
    // Read piece by piece, a file is whole again.
    let (mut whole, mut next) = (String::new(), Some(0));
    while let Some(offset) = next {
        let piece = read("long.txt", Part::Bytes(offset, 65_535)).expect("a piece");
        assert!(piece.text.len() <= read::MAX_TEXT && !piece.text.is_empty());
        whole.push_str(&piece.text);
        next = piece.next_offset;
    }
    assert_eq!(whole, long);
    let cut = read("long.txt", Part::Lines(1, 1)).expect("the beginning of a line");
    assert_eq!((cut.text.len(), cut.next_offset), (read::MAX_TEXT, Some(read::MAX_TEXT as u64)));
}

#[test]
fn paths_are_completed() {
    let all = project(&[("a b/x.txt", b""), ("a b/c#.md", b""), (".git/config", b""), ("z.txt", b"")]);
    let inside = all.path().join("proj");
    fs::create_dir(&inside).expect("a folder");
    let folders = Folders::open(&[all.path().to_owned()]).expect("a folder");
    let label = Scope::everything(&folders).uris()[0].trim_start_matches("file://").to_owned();
    assert_eq!(complete::paths(&folders, ""), [format!("{label}/")]);
    assert_eq!(complete::paths(&folders, &label[..3]), [format!("{label}/")]);
    let below = |rest: &str| complete::paths(&folders, &format!("{label}{rest}"));
    assert_eq!(below("/"), [format!("{label}/a b/"), format!("{label}/proj/"), format!("{label}/z.txt")]);
    assert_eq!(below("/a b/"), [format!("{label}/a b/c%23.md"), format!("{label}/a b/x.txt")]);
    for nothing in ["/q", "/../", "/a b/../", "/z.txt/", "/\0/"] {
        assert_eq!(below(nothing), Vec::<String>::new(), "{nothing:?}");
    }
    assert_eq!(complete::paths(&folders, "/etc/pass"), Vec::<String>::new());
    let path = all.path().to_str().expect("text");
    assert_eq!(complete::paths(&folders, &format!("{path}/z")), [format!("{path}/z.txt")], "who knows it may say it");
}

#[test]
fn what_is_written_can_be_read() {
    let odd = ["ü ñ.txt", "100%.txt", "a#b?c.txt", "[x]{y}.txt", "'\"&;.txt", "%2e%2e", "...", "a:b", "~", "-", "|^`"];
    let files: Vec<(&str, &[u8])> = odd.iter().map(|name| (*name, b"needle".as_slice())).collect();
    let all = project(&files);
    let folders = open(all.path());
    let found = searched(Scope::everything(&folders), &Query { text: "needle".into(), most: 99, ..Query::default() });
    assert_eq!(found.hits.len(), odd.len());
    let scope = Scope::everything(&folders);
    for hit in found.hits {
        assert!(FileUri::parse(&hit.uri).is_ok() && scope.file(&folders, &hit.uri).is_ok(), "{}", hit.uri);
    }
}
