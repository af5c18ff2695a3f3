//! The one folder that files may be read from.
//!
//! Every path goes through a handle of that folder (`cap-std`: `openat2` with `RESOLVE_BENEATH` on Linux, a walk from
//! folder to folder elsewhere): `..`, absolute paths and symbolic links that lead outside are refused by the open itself,
//! so nothing can be swapped between a check and its use.

use std::{io, path::Path};

use cap_std::{ambient_authority, fs::Dir};

use crate::error::{Refusal, quoted};

/// Longest path, in bytes.
pub const MAX_PATH_BYTES: usize = 1024;
/// Folders below each other that are looked into for completion.
const MAX_DEPTH: usize = 4;
/// Files that are looked at for completion.
const MAX_FILES: usize = 2000;

/// The allowed folder.
pub struct Files {
    folder: Dir,
}

impl Files {
    /// The files under `folder`.
    ///
    /// # Errors
    /// It is no folder, or cannot be read.
    pub fn open(folder: &Path) -> io::Result<Self> {
        Ok(Self { folder: Dir::open_ambient_dir(folder, ambient_authority())? })
    }

    /// Opens a file, and says how many bytes it has. Blocks.
    ///
    /// # Errors
    /// The path leads outside, to nothing, or to something else than a file.
    pub fn file(&self, path: &str) -> Result<(std::fs::File, u64), Refusal> {
        let refused = |what: &str| {
            Refusal::argument(format!("{what}: {}", quoted(path)), "name a file by its path inside the allowed folder")
        };
        let inside = path.trim_start_matches('/');
        if inside.is_empty() || inside.len() > MAX_PATH_BYTES || inside.contains('\0') {
            return Err(refused("not a path of a file"));
        }
        // Looked at first, because opening a pipe would wait for its other end.
        let is_file = self.folder.metadata(inside).map(|metadata| metadata.is_file());
        let opened = is_file.and_then(|is_file| {
            if is_file { self.folder.open(inside) } else { Err(io::Error::from(io::ErrorKind::InvalidInput)) }
        });
        let opened = opened.and_then(|file| Ok((file.metadata()?, file)));
        match opened {
            Ok((metadata, file)) if metadata.is_file() => Ok((file.into_std(), metadata.len())),
            Ok(_) => Err(refused("not a file")),
            Err(error) => Err(match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => refused("there is no such file"),
                io::ErrorKind::InvalidInput => refused("not a file"),
                // What is outside, and what may not be read, look the same from here.
                _ => {
                    tracing::warn!(%error, path, "refused a path");
                    refused("this path is not allowed")
                }
            }),
        }
    }

    /// Paths of files that begin with `prefix`, in order, at most `most`. Blocks.
    pub fn begin_with(&self, prefix: &str, most: usize) -> Vec<String> {
        let mut found = Vec::new();
        let mut left = MAX_FILES;
        walk(&self.folder, "", MAX_DEPTH, &mut left, &mut |path| {
            if path.starts_with(prefix.trim_start_matches('/')) {
                found.push(path.to_owned());
            }
        });
        found.sort();
        found.truncate(most);
        found
    }
}

fn walk(folder: &Dir, path: &str, depth: usize, left: &mut usize, found: &mut impl FnMut(&str)) {
    let Ok(entries) = folder.entries() else { return };
    for entry in entries.flatten() {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else { continue };
        let path = if path.is_empty() { name } else { format!("{path}/{name}") };
        if kind.is_file() {
            found(&path);
        } else if kind.is_dir()
            && depth > 1
            && let Ok(folder) = entry.open_dir()
        {
            walk(&folder, &path, depth - 1, left, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Read};

    use super::*;

    fn folder() -> (tempfile::TempDir, Files) {
        let all = tempfile::tempdir().expect("a folder");
        let inside = all.path().join("allowed");
        fs::create_dir_all(inside.join("deep/er")).expect("folders");
        fs::write(all.path().join("secret.txt"), "secret").expect("a file");
        fs::write(inside.join("open.txt"), "open").expect("a file");
        fs::write(inside.join("deep/er/file.md"), "deep").expect("a file");
        let files = Files::open(&inside).expect("the folder");
        (all, files)
    }

    #[test]
    fn inside_is_read() {
        let (_all, files) = folder();
        for (path, content) in [("open.txt", "open"), ("/open.txt", "open"), ("deep/er/file.md", "deep")] {
            let (mut file, bytes) = files.file(path).expect(path);
            let mut text = String::new();
            file.read_to_string(&mut text).expect("text");
            assert_eq!((text.as_str(), bytes), (content, content.len() as u64), "{path}");
        }
        assert_eq!(files.begin_with("", 10), ["deep/er/file.md", "open.txt"]);
        assert_eq!(files.begin_with("dee", 10), ["deep/er/file.md"]);
        assert!(files.begin_with("", 0).is_empty());
    }

    #[test]
    fn outside_is_not() {
        let (all, files) = folder();
        let outside = all.path().join("secret.txt");
        #[cfg(unix)]
        for (link, target) in
            [("link", outside.as_path()), ("up", Path::new("../secret.txt")), ("door", Path::new(".."))]
        {
            std::os::unix::fs::symlink(target, all.path().join("allowed").join(link)).expect("a link");
        }
        let absolute = outside.to_str().expect("text");
        for path in [
            "../secret.txt",
            "deep/../../secret.txt",
            "./../secret.txt",
            absolute,
            "/../secret.txt",
            "link",
            "up",
            "door/secret.txt",
            "..",
            ".",
            "",
            "/",
            "deep",
            "open.txt/",
            "open.txt/x",
            "none.txt",
            "open.txt\0",
            "..\\secret.txt",
            "%2e%2e/secret.txt",
            "~/secret.txt",
            "/proc/self/environ",
            "//etc/passwd",
        ] {
            let refusal = files.file(path).map(|_| ()).expect_err(path);
            assert!(matches!(refusal, Refusal::Argument { .. }), "{path}: {refusal:?}");
        }
        assert!(files.file(&"x".repeat(MAX_PATH_BYTES + 1)).is_err());
    }

    /// The link is swapped all the time; what is read is never the secret.
    #[test]
    #[cfg(unix)]
    fn a_link_that_is_swapped_leads_nowhere() {
        use std::sync::atomic::{AtomicBool, Ordering};
        let (all, files) = folder();
        let link = all.path().join("allowed/swapped");
        let (good, bad) = (all.path().join("allowed/open.txt"), all.path().join("secret.txt"));
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    for target in [&good, &bad] {
                        let _ = fs::remove_file(&link);
                        let _ = std::os::unix::fs::symlink(target, &link);
                    }
                }
            });
            for _ in 0..2000 {
                if let Ok((mut file, _)) = files.file("swapped") {
                    let mut text = String::new();
                    file.read_to_string(&mut text).expect("text");
                    assert_eq!(text, "open");
                }
            }
            stop.store(true, Ordering::Relaxed);
        });
    }
}
