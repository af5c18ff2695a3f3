//! What one call may read: the operator's folders, cut down to the client's roots.
//!
//! Spec(both, roots): roots tell a server where to look. They are no permission: a client may name any folder, so they
//! only ever make the set smaller.

use cap_std::fs::{Dir, File};

use super::{
    folders::{Folders, Place},
    open::{self, OpenError},
    uri::{self, Directory, FileUri, UriError},
};

/// Roots that are looked at; a client with more hears how many were not.
pub const MAX_ROOTS: usize = 100;

/// Why something is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// The text names no file.
    #[error(transparent)]
    Uri(#[from] UriError),
    /// Not below what may be read. What is there, if anything, was not looked at.
    #[error("outside of what may be read")]
    Outside,
    /// Below it, and still not to be had.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// One folder that may be read.
pub(super) struct Area {
    /// Its URI, without a slash at its end.
    pub(super) base: String,
    /// Its path by the allowed folder's own, to compare with others.
    path: Vec<String>,
    pub(super) dir: Dir,
}

/// The folders that one call may read. None is inside of another.
#[derive(Default)]
pub struct Scope {
    pub(super) areas: Vec<Area>,
}

/// What became of a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is an allowed folder, or inside of one: all of it may be read.
    Whole,
    /// It contains allowed folders: these may be read, and nothing else of it.
    Parts(Vec<String>),
    /// It is inside of another root, or the same.
    Covered,
    /// Nothing of it may be read, and why.
    Refused(ScopeError),
}

impl Scope {
    /// All that the operator allows, named by labels and not by paths.
    pub fn everything(folders: &Folders) -> Self {
        let mut scope = Self::default();
        for (index, folder) in folders.all().iter().enumerate() {
            let place = Place { folder: index, below: Vec::new() };
            // Its handle is open already: there is nothing that can fail but the copy of a handle.
            if let Err(error) = scope.add(folders, &place, FileUri::write(std::slice::from_ref(&folder.label))) {
                tracing::warn!(%error, "an allowed folder cannot be read");
            }
        }
        scope
    }

    /// What the operator allows of the client's roots, and what became of each root that was looked at.
    pub fn of_roots<'a>(folders: &Folders, roots: impl IntoIterator<Item = &'a str>) -> (Self, Vec<Verdict>) {
        let mut scope = Self::default();
        let verdicts = roots.into_iter().take(MAX_ROOTS).map(|root| scope.add_root(folders, root)).collect();
        (scope, verdicts)
    }

    fn add_root(&mut self, folders: &Folders, root: &str) -> Verdict {
        let names = match FileUri::parse(root) {
            Ok(uri) => uri.names,
            Err(error) => return Verdict::Refused(error.into()),
        };
        // Compared as text. To look where a root outside really leads would tell the client what is there.
        let base = FileUri::write(&names);
        if let Some(place) = folders.by_path(&names) {
            return match self.add(folders, &place, base) {
                Ok(true) => Verdict::Whole,
                Ok(false) => Verdict::Covered,
                Err(error) => Verdict::Refused(error.into()),
            };
        }
        let mut parts = Vec::new();
        for (folder, between) in folders.inside(&names) {
            let part = uri::extend(&base, &between);
            if self.add(folders, &Place { folder, below: Vec::new() }, part.clone()).is_ok() {
                parts.push(part);
            }
        }
        if parts.is_empty() { Verdict::Refused(ScopeError::Outside) } else { Verdict::Parts(parts) }
    }

    /// Adds a folder, unless it is covered already; those that it covers go.
    fn add(&mut self, folders: &Folders, place: &Place, base: String) -> Result<bool, OpenError> {
        let Some(folder) = folders.all().get(place.folder) else { return Err(OpenError::Missing) };
        let dir = open::folder(&folder.dir, &place.below)?;
        let path = [folder.path(), &place.below].concat();
        if self.areas.iter().any(|area| path.starts_with(&area.path)) {
            return Ok(false);
        }
        self.areas.retain(|area| !area.path.starts_with(&path));
        self.areas.push(Area { base, path, dir });
        Ok(true)
    }

    /// URIs of the folders, in order.
    pub fn uris(&self) -> Vec<String> {
        self.areas.iter().map(|area| area.base.clone()).collect()
    }

    /// True when nothing may be read.
    pub fn is_empty(&self) -> bool {
        self.areas.is_empty()
    }

    /// Opens a file by its URI, and says how it is called. Blocks.
    ///
    /// # Errors
    /// [`ScopeError`].
    pub fn file(&self, folders: &Folders, uri: &str) -> Result<(File, String), ScopeError> {
        let parsed = FileUri::parse(uri)?;
        let (area, below) = self.find(folders, &parsed)?;
        if parsed.only_folder {
            return Err(OpenError::NotAFile.into());
        }
        Ok((open::file(&area.dir, &below)?, FileUri::write(&parsed.names)))
    }

    /// One folder of this scope as a scope of its own: by URI, by absolute path, or by a path below any of its folders.
    /// Blocks.
    ///
    /// # Errors
    /// [`ScopeError`].
    pub fn narrowed(&self, folders: &Folders, directory: &str) -> Result<Self, ScopeError> {
        let (area, below, base) = match Directory::parse(directory)? {
            Directory::Absolute(uri) => {
                let (area, below) = self.find(folders, &uri)?;
                (area, below, FileUri::write(&uri.names))
            }
            Directory::Relative(names) => {
                let holds = |area: &&Area| open::folder(&area.dir, &names).is_ok();
                // One that is nowhere is missing from the first, which says how.
                let area = self.areas.iter().find(holds).or(self.areas.first()).ok_or(ScopeError::Outside)?;
                let base = uri::extend(&area.base, &names);
                (area, names, base)
            }
        };
        let dir = open::folder(&area.dir, &below)?;
        let path = [area.path.as_slice(), &below].concat();
        Ok(Self { areas: vec![Area { base, path, dir }] })
    }

    fn find(&self, folders: &Folders, uri: &FileUri) -> Result<(&Area, Vec<String>), ScopeError> {
        let place = folders.locate(&uri.names).ok_or(ScopeError::Outside)?;
        let folder = folders.all().get(place.folder).ok_or(ScopeError::Outside)?;
        let path = [folder.path(), &place.below].concat();
        let found = self.areas.iter().find_map(|area| Some((area, path.strip_prefix(area.path.as_slice())?.to_vec())));
        found.ok_or(ScopeError::Outside)
    }
}
