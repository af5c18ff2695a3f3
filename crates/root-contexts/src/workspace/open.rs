//! Opening what is below a handle, and nothing else.
//!
//! Everything goes through the handle of a folder (`cap-std`: `openat2` with `RESOLVE_BENEATH` on Linux, a walk from
//! folder to folder elsewhere): a symbolic link that leads out is refused by the open itself, wherever in the path it
//! stands and whenever it was put there. Nothing is checked first and used later.

use std::io;

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, File, OpenOptions};

/// What cannot be read, in the words for whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Not there.
    #[error("there is no such file or folder")]
    Missing,
    /// A folder, a pipe, a socket, a device.
    #[error("not a regular file")]
    NotAFile,
    /// A file, a pipe, a socket, a device.
    #[error("not a folder")]
    NotAFolder,
    /// Outside, or closed to this process: the two look the same from here, and are told alike.
    #[error("this path is not allowed")]
    NotAllowed,
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::InvalidFilename => Self::Missing,
            io::ErrorKind::NotADirectory => Self::NotAFolder,
            _ => Self::NotAllowed,
        }
    }
}

/// A file below `dir`, by the names of its path. Symbolic links are followed as long as they stay below.
pub(super) fn file(dir: &Dir, names: &[String]) -> Result<File, OpenError> {
    if names.is_empty() {
        return Err(OpenError::NotAFile);
    }
    open(dir, &names.join("/"), FollowSymlinks::Yes)
}

/// A file that is an entry of `dir` itself. A symbolic link is not followed.
pub(super) fn entry(dir: &Dir, name: &str) -> Result<File, OpenError> {
    open(dir, name, FollowSymlinks::No)
}

/// A folder below `dir`, by the names of its path.
pub(super) fn folder(dir: &Dir, names: &[String]) -> Result<Dir, OpenError> {
    if names.is_empty() {
        return dir.try_clone().map_err(Into::into);
    }
    dir.open_dir(names.join("/")).map_err(Into::into)
}

/// A folder that is an entry of `dir` itself. A symbolic link is not followed.
pub(super) fn subfolder(dir: &Dir, name: &str) -> Result<Dir, OpenError> {
    dir.open_dir_nofollow(name).map_err(Into::into)
}

fn open(dir: &Dir, path: &str, follow: FollowSymlinks) -> Result<File, OpenError> {
    let mut options = OpenOptions::new();
    // Without waiting: the open of a pipe would wait for its other end, and that may never come. For a regular file it
    // changes nothing.
    options.read(true).nonblock(true).follow(follow);
    let file = dir.open_with(path, &options).map_err(|error| {
        // A socket cannot be opened at all (ENXIO), and says so in no portable way.
        let is_special = dir.symlink_metadata(path).is_ok_and(|found| !found.is_file() && !found.is_symlink());
        if is_special { OpenError::NotAFile } else { error.into() }
    })?;
    // Asked of the handle, not of the path: it cannot be swapped any more.
    if !file.metadata()?.is_file() {
        return Err(OpenError::NotAFile);
    }
    Ok(file)
}
