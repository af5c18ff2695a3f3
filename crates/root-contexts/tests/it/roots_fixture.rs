//! A folder that is allowed, with everything in it that might lead out, and a secret beside it.

use std::{fs, path::PathBuf, time::Duration};

use mcp_root_contexts::workspace::{
    analyze::analysis,
    complete,
    folders::Folders,
    read::{Part, read},
    scope::Scope,
    search::{Query, search},
    walk::Limits,
};
use tempfile::TempDir;

/// What nobody may ever read: it stands outside of the allowed folder.
pub(crate) const SECRET: &str = "TODO planted-outside-7f3a91";
/// What may be read, and not by who has only the root `allowed/project`.
pub(crate) const OTHER: &str = "TODO planted-in-another-folder";

/// `allowed/project` is what a root leaves; `allowed/other` is allowed and outside of the root; `secret.txt` is
/// neither.
pub(crate) struct Fixture {
    pub(crate) all: TempDir,
    pub(crate) folders: Folders,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let all = tempfile::tempdir().expect("a folder");
        for (path, content) in [
            ("secret.txt", SECRET),
            ("outside/secret.txt", SECRET),
            ("outside/.gitignore", SECRET),
            ("allowed2/secret.txt", SECRET),
            ("allowed/other/secret.txt", OTHER),
            ("allowed/project/src/main.rs", "// TODO inside\n"),
            ("allowed/project/deep/er/file.txt", "inside\n"),
            ("allowed/project/%2e%2e", "inside\n"),
        ] {
            let path = all.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, content).expect("a file");
        }
        #[cfg(unix)]
        lead_out(all.path());
        let folders = Folders::open(&[all.path().join("allowed")]).expect("the allowed folder");
        Self { all, folders }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.all.path().join(path)
    }

    pub(crate) fn uri(&self, path: &str) -> String {
        url::Url::from_file_path(self.path(path)).expect("an absolute path").to_string()
    }

    /// What the root `allowed/project` leaves.
    pub(crate) fn scope(&self) -> Scope {
        Scope::of_roots(&self.folders, [self.uri("allowed/project").as_str()]).0
    }

    /// What comes out of the root `allowed/project` when `text` is taken for a file and for a folder, and whether it
    /// was accepted as one.
    pub(crate) fn read(&self, text: &str) -> (bool, String) {
        let (mut accepted, mut out) = (false, String::new());
        let scope = self.scope();
        if let Ok((file, uri)) = scope.file(&self.folders, text) {
            accepted = true;
            match read(file, uri, Part::Bytes(0, 65_536)) {
                Ok(text) => out.push_str(&text.text),
                Err(error) => out.push_str(&error.to_string()),
            }
        }
        if let Ok(narrowed) = scope.narrowed(&self.folders, text) {
            accepted = true;
            out.push_str(&contents(narrowed));
        }
        (accepted, out)
    }

    /// What comes out of the whole server when `text` is taken for a root, and for the beginning of a path.
    pub(crate) fn name(&self, text: &str) -> String {
        let (scope, verdicts) = Scope::of_roots(&self.folders, [text]);
        let mut out = format!("{verdicts:?}");
        for outside in ["secret.txt", "outside/secret.txt", "allowed2/secret.txt"] {
            if let Ok((file, uri)) = scope.file(&self.folders, &self.uri(outside)) {
                out.push_str(&read(file, uri, Part::Bytes(0, 100)).expect("text").text);
            }
        }
        out.push_str(&contents(scope));
        out.push_str(&complete::paths(&self.folders, text.trim_start_matches("file://")).join(" "));
        out
    }
}

/// All lines of all files of a scope.
pub(crate) fn contents(scope: Scope) -> String {
    let everything = Query { text: "^.*$".to_owned(), is_regex: true, most: 10_000, ..Query::default() };
    let uris: Vec<String> = scope.uris();
    let mut sweep = search(scope, &everything, Limits::default()).expect("a query");
    while !sweep.step(Duration::from_secs(1)) {}
    let found = sweep.finish();
    format!("{uris:?} {found:?}")
}

/// All marks of a scope.
pub(crate) fn marks(scope: Scope) -> String {
    let mut sweep = analysis(scope, Limits::default()).expect("a pattern");
    while !sweep.step(Duration::from_secs(1)) {}
    format!("{:?}", sweep.finish())
}

#[cfg(unix)]
fn lead_out(all: &std::path::Path) {
    use std::os::unix::{ffi::OsStrExt, fs::symlink, net::UnixListener};
    let project = all.join("allowed/project");
    for (link, target) in [
        ("link", all.join("secret.txt")),
        ("up", "../../secret.txt".into()),
        ("sideways", "../other/secret.txt".into()),
        ("door", "..".into()),
        ("twodoors", "../..".into()),
        ("top", "/".into()),
        ("outside", all.join("outside")),
        ("loop", "loop".into()),
        ("dangling", "nowhere".into()),
        ("environ", "/proc/self/environ".into()),
        ("procroot", "/proc/self/root".into()),
        ("fd", "/proc/self/fd".into()),
        ("null", "/dev/zero".into()),
        ("inside", "src/main.rs".into()),
        ("again", "./deep/../src".into()),
        (".gitignore", all.join("outside/.gitignore")),
        ("deep/out", "../../../secret.txt".into()),
        ("deep/er/far", all.join("outside")),
    ] {
        let target: PathBuf = target;
        symlink(target, project.join(link)).expect("a link");
    }
    let made = std::process::Command::new("mkfifo").arg(project.join("pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    // A name that is no text, which Linux allows and macOS does not.
    let odd = std::ffi::OsStr::from_bytes(b"\xff\xfe.txt");
    let _ = fs::write(project.join(odd), "nobody can say its name");
    // The file stays when the listener goes.
    drop(UnixListener::bind(project.join("socket")).expect("a socket"));
}
