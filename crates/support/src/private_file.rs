//! Files that only the server's own user may read.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Makes the folder and the file where they are missing, and the file private. SQLite gives its journal the same rights.
///
/// # Errors
/// One of the two cannot be made, or is another's.
pub fn make(folder: &Path, name: &str) -> io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(name);
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path)?;
    // A file that was there before, such as a restored one, may be open to others.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    drop(file);
    Ok(path)
}
