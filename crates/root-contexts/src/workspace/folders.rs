//! The folders that the operator allows: the only permission there is.

use std::path::{Path, PathBuf};

use cap_std::{ambient_authority, fs::Dir};

use super::uri::{FileUri, check_name};

/// Most folders that can be allowed.
const MAX_FOLDERS: usize = 64;
// Production: what the kernel mounts below an allowed folder, such as the proc of a container, is not told apart from
// files. Allow no folder that holds such a mount.
/// Folders of the kernel: what is in them is no file.
const OF_THE_KERNEL: [&str; 3] = ["proc", "sys", "dev"];

/// Why a folder cannot be allowed. For the operator, who named it.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It is not there, is no folder, or may not be read.
    #[error("cannot open the allowed folder {path}: {error}", path = .0.display(), error = .1)]
    Open(PathBuf, std::io::Error),
    /// Everything, or something that the kernel makes up.
    #[error("{} holds more than files: allow a folder of your own", .0.display())]
    System(PathBuf),
    /// A name that no URI of this server can say.
    #[error("the path of the allowed folder {} is not plain text", .0.display())]
    Name(PathBuf),
    /// Too many.
    #[error("{0} folders are allowed, and at most {MAX_FOLDERS} can be")]
    TooMany(usize),
}

/// One allowed folder.
pub(super) struct Folder {
    /// What it is called where its path must not be: the last name of its path, made unique.
    pub(super) label: String,
    /// Its path in every way that it is known by: without symbolic links first, then as the operator wrote it.
    paths: Vec<Vec<String>>,
    /// The handle through which everything in it is opened.
    pub(super) dir: Dir,
}

impl Folder {
    /// Its path without symbolic links.
    pub(super) fn path(&self) -> &[String] {
        self.paths.first().map_or(&[], Vec::as_slice)
    }
}

/// All of them.
pub struct Folders(Vec<Folder>);

/// Where a path leads: an allowed folder, and the names below it. Nothing has been opened yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) folder: usize,
    pub(super) below: Vec<String>,
}

impl Folders {
    /// Opens the folders.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn open(paths: &[PathBuf]) -> Result<Self, FolderError> {
        if paths.len() > MAX_FOLDERS {
            return Err(FolderError::TooMany(paths.len()));
        }
        let mut folders: Vec<Folder> = Vec::new();
        for path in paths {
            let mut folder = open(path)?;
            if folders.iter().any(|other| other.path() == folder.path()) {
                continue;
            }
            let name = folder.label.clone();
            for number in 2.. {
                if !folders.iter().any(|other| other.label == folder.label) {
                    break;
                }
                folder.label = format!("{name}-{number}");
            }
            folders.push(folder);
        }
        Ok(Self(folders))
    }

    pub(super) fn all(&self) -> &[Folder] {
        &self.0
    }

    /// Where an absolute path leads, by the paths of the allowed folders, the innermost of them.
    pub(super) fn by_path(&self, names: &[String]) -> Option<Place> {
        let places = self.0.iter().enumerate().flat_map(|(folder, known)| {
            let rest = known.paths.iter().filter_map(|path| names.strip_prefix(path.as_slice()));
            rest.map(move |rest| Place { folder, below: rest.to_vec() })
        });
        places.min_by_key(|place| place.below.len())
    }

    /// Where a path leads that begins with the label of an allowed folder.
    ///
    /// Spec(both, resources): a `file:` URI names something that behaves like a file; it need not be a path of the
    /// host.
    pub(super) fn by_label(&self, names: &[String]) -> Option<Place> {
        let (label, below) = names.split_first()?;
        let folder = self.0.iter().position(|folder| folder.label == *label)?;
        Some(Place { folder, below: below.to_vec() })
    }

    /// Where a URI leads. What the operator's paths say goes before what a label says.
    pub(super) fn locate(&self, names: &[String]) -> Option<Place> {
        self.by_path(names).or_else(|| self.by_label(names))
    }

    /// The allowed folders that lie inside of a path, and how far: the names between.
    pub(super) fn inside<'a>(&'a self, names: &'a [String]) -> impl Iterator<Item = (usize, Vec<String>)> + 'a {
        self.0.iter().enumerate().filter_map(move |(index, folder)| {
            let between = folder.paths.iter().find_map(|path| path.strip_prefix(names))?;
            Some((index, between.to_vec()))
        })
    }
}

fn open(path: &Path) -> Result<Folder, FolderError> {
    let failed = |error| FolderError::Open(path.to_owned(), error);
    // Production: an allowed folder that is replaced by another is seen again when the server is started again. The
    // handle stays with the folder that it was opened for.
    //
    // Opened first and asked for its path then, so that both are of one folder unless somebody swaps it right now; the
    // operator's own folders are trusted that far.
    let dir = Dir::open_ambient_dir(path, ambient_authority()).map_err(failed)?;
    let real = path.canonicalize().map_err(failed)?;
    let names = names(&real).ok_or_else(|| FolderError::Name(path.to_owned()))?;
    let Some(label) = names.last() else { return Err(FolderError::System(path.to_owned())) };
    if names.first().is_some_and(|first| cfg!(unix) && OF_THE_KERNEL.contains(&first.as_str())) {
        return Err(FolderError::System(path.to_owned()));
    }
    let label = label.trim_end_matches(':').to_owned();
    let mut paths = vec![names];
    let written = std::path::absolute(path).map_err(failed)?;
    paths.extend(self::names(&written).filter(|written| *written != paths[0]));
    Ok(Folder { label, paths, dir })
}

/// The names of an absolute path, unless one of them cannot be said in a URI.
fn names(path: &Path) -> Option<Vec<String>> {
    // The same reading as for what a client sends: a path that would not come back the same is not taken.
    let url = url::Url::from_file_path(path).ok()?;
    let names = FileUri::parse(url.as_str()).ok()?.names;
    names.iter().all(|name| cfg!(windows) || check_name(name).is_ok()).then_some(names)
}
