//! Files that only the server's own user may read.

use std::{
    io::{self, Write},
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

/// Makes a folder, where it is missing, that only its owner may look into. One that is there keeps its rights, unless others
/// may write to it: they could put their files in the place of ours.
///
/// # Errors
/// It cannot be made, or others may write to it.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(folder)?.permissions());
        if mode & 0o022 != 0 {
            let why = format!("others may write to {} (mode {:03o}): chmod 700 it", folder.display(), mode & 0o777);
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
    }
    Ok(())
}

/// Puts `content` into a private file in one step: a reader sees the old content or the new one, after a crash too.
/// Writers in several processes have to take turns.
///
/// # Errors
/// The folder cannot be written to.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a file has a folder and a name"));
    };
    let next = make(folder, &format!("{name}.next"))?;
    let mut file = std::fs::OpenOptions::new().write(true).truncate(true).open(&next)?;
    file.write_all(content)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&next, path)
}
