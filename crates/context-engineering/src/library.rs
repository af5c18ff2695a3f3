//! The corpora of this server: the bundled one, and what each caller has added to it. Nobody sees what others have added.

use std::{
    collections::HashMap,
    fs,
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    bundled,
    corpus::{Corpus, CorpusError, Embedding, Ingested},
    document::{About, Document, DocumentError, Kind, MOST_BYTES},
    tokens::Encoding,
    untrusted::decode,
};

/// Callers who may have added documents at a time.
pub const MOST_OWNERS: usize = 64;
/// Documents that a caller may have, the bundled ones included.
pub const MOST_DOCUMENTS: usize = 5000;
/// Bytes of text that a caller may have, the bundled ones included.
pub const MOST_TEXT: usize = 32 * 1024 * 1024;
/// Files of a folder that are read.
pub const MOST_FILES: usize = 1000;
/// How deep a folder is read.
const MOST_DEPTH: usize = 8;
/// Endings of files that are read.
const ENDINGS: [&str; 9] = ["md", "markdown", "html", "htm", "txt", "rs", "py", "csv", "log"];

/// Why documents were not taken.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// One of them is none.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The indexes do not take them.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// A quota.
    #[error("there would be more than {most} {what}")]
    Full {
        /// Of what.
        what: &'static str,
        /// The quota.
        most: usize,
    },
    /// The operator has allowed no folder.
    #[error("this server reads no folder")]
    NoFolder,
    /// Outside of the allowed folder, or not there.
    #[error("there is no folder '{0}' in the folder that this server reads")]
    Folder(String),
    /// The bundled corpus cannot be used.
    #[error("the bundled corpus cannot be used: {0}")]
    Bundled(String),
}

/// All corpora. Its methods block: call them where blocking is allowed.
pub struct Library {
    encoding: Encoding,
    embedding: Embedding,
    folder: Option<PathBuf>,
    bundled: Mutex<Option<Arc<Corpus>>>,
    own: Mutex<HashMap<String, Arc<Corpus>>>,
}

/// A file of a folder that was not taken, and why.
pub type Skipped = (String, String);

impl Library {
    /// Corpora that count tokens with this encoding; `folder` is the only one that documents may be read from.
    pub fn new(encoding: Encoding, embedding: Embedding, folder: Option<PathBuf>) -> Self {
        Self { encoding, embedding, folder, bundled: Mutex::default(), own: Mutex::default() }
    }

    /// The corpus that a caller sees.
    ///
    /// # Errors
    /// The bundled corpus cannot be indexed.
    pub fn of(&self, owner: &str) -> Result<Arc<Corpus>, LibraryError> {
        let own = lock(&self.own).get(owner).cloned();
        own.map_or_else(|| self.bundled(), Ok)
    }

    /// The bundled corpus, indexed when it is first needed.
    ///
    /// # Errors
    /// It cannot be indexed.
    pub fn bundled(&self) -> Result<Arc<Corpus>, LibraryError> {
        let mut bundled = lock(&self.bundled);
        if let Some(corpus) = &*bundled {
            return Ok(corpus.clone());
        }
        let documents = bundled::documents().map_err(|error| LibraryError::Bundled(error.to_string()))?;
        let corpus = Arc::new(self.corpus_of(documents)?);
        *bundled = Some(corpus.clone());
        Ok(corpus)
    }

    /// A corpus of these documents alone, which nobody keeps.
    ///
    /// # Errors
    /// The indexes do not take them.
    pub fn corpus_of(&self, documents: Vec<Document>) -> Result<Corpus, LibraryError> {
        let mut corpus = Corpus::new(self.encoding, self.embedding.clone());
        corpus.ingest(documents)?;
        Ok(corpus)
    }

    /// Adds documents for a caller. Others go on with the corpus that they have.
    ///
    /// # Errors
    /// See [`LibraryError`]. Then nothing has changed.
    pub fn ingest(&self, owner: &str, documents: Vec<Document>) -> Result<Ingested, LibraryError> {
        let before = self.of(owner)?;
        // Production: what is added is in memory, and gone when the server ends; a product keeps it in a database.
        let mut corpus = Corpus::clone(&before);
        let ingested = corpus.ingest(documents)?;
        let text: usize = corpus.documents().map(|document| document.text.len()).sum();
        if corpus.documents().count() > MOST_DOCUMENTS {
            return Err(LibraryError::Full { what: "documents", most: MOST_DOCUMENTS });
        }
        if text > MOST_TEXT {
            return Err(LibraryError::Full { what: "bytes of text", most: MOST_TEXT });
        }
        let mut own = lock(&self.own);
        if !own.contains_key(owner) && own.len() >= MOST_OWNERS {
            return Err(LibraryError::Full { what: "callers with documents of their own", most: MOST_OWNERS });
        }
        // Of two calls of one caller at a time, the one that ends first must not get lost.
        if let Some(now) = own.get(owner).filter(|now| !Arc::ptr_eq(now, &before)) {
            let added = corpus.documents().filter(|document| before.document(&document.id) != Some(document));
            let added: Vec<Document> = added.map(|document| Document::clone(document)).collect();
            corpus = Corpus::clone(now);
            corpus.ingest(added)?;
        }
        own.insert(owner.to_owned(), Arc::new(corpus));
        Ok(ingested)
    }

    /// The documents of a folder below the allowed one, and the files that are none.
    ///
    /// # Errors
    /// There is no such folder, or too much in it.
    pub fn read_folder(&self, below: &str) -> Result<(Vec<Document>, Vec<Skipped>), LibraryError> {
        let root = self.folder.as_ref().ok_or(LibraryError::NoFolder)?;
        let missing = || LibraryError::Folder(below.chars().take(80).collect());
        let is_plain =
            Path::new(below).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let root = root.canonicalize().map_err(|_| missing())?;
        let folder = root.join(below).canonicalize().map_err(|_| missing())?;
        if !is_plain || !folder.starts_with(&root) || !folder.is_dir() {
            return Err(missing());
        }
        let mut files = Vec::new();
        walk(&folder, 0, &mut files)?;
        files.sort();
        let (mut documents, mut skipped) = (Vec::new(), Vec::new());
        for file in files {
            let name = file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            match read(&file, &name) {
                Ok(document) => documents.push(document),
                Err(reason) => skipped.push((name, reason)),
            }
        }
        Ok((documents, skipped))
    }
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), LibraryError> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten() {
        // A link could lead out of the folder; hidden files are not meant to be read.
        let Ok(kind) = entry.file_type() else { continue };
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        let path = entry.path();
        if is_hidden || kind.is_symlink() {
            continue;
        }
        if kind.is_dir() && depth < MOST_DEPTH {
            walk(&path, depth + 1, files)?;
        } else if kind.is_file() && has_known_ending(&path) {
            if files.len() == MOST_FILES {
                return Err(LibraryError::Full { what: "files in the folder", most: MOST_FILES });
            }
            files.push(path);
        }
    }
    Ok(())
}

fn has_known_ending(path: &Path) -> bool {
    let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
    ENDINGS.contains(&end.as_str())
}

fn read(file: &Path, name: &str) -> Result<Document, String> {
    let length = fs::metadata(file).map_err(|error| error.to_string())?.len();
    if usize::try_from(length).is_ok_and(|length| length > MOST_BYTES) {
        return Err(format!("{length} bytes: at most {MOST_BYTES} are read"));
    }
    let bytes = fs::read(file).map_err(|error| error.to_string())?;
    let (text, _) = decode(&bytes).map_err(|error| error.to_string())?;
    let about = About { source: "folder".to_owned(), ..About::default() };
    Document::new(name, Kind::of(file), &text, about).map_err(|error| error.to_string())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What it holds is replaced as a whole, so a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(id: &str, text: &str) -> Document {
        Document::new(id, Kind::Text, text, About::default()).expect("a document")
    }

    #[test]
    fn nobody_sees_what_others_have_added() {
        let library = Library::new(Encoding::default(), Embedding::Embedded, None);
        let before = library.bundled().expect("indexed").documents().count();
        let ingested = library.ingest("ada", vec![document("mine.txt", "the gate is green")]).expect("fits");
        assert_eq!(ingested.added, 1);
        assert!(library.of("ada").expect("hers").document("mine.txt").is_some());
        assert!(library.of("bob").expect("his").document("mine.txt").is_none());
        assert_eq!(library.of("ada").expect("hers").documents().count(), before + 1);
    }

    #[test]
    fn a_folder_is_read_and_nothing_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("docs");
        fs::create_dir_all(root.join("deep")).expect("made");
        fs::write(folder.path().join("secret.md"), "no").expect("written");
        fs::write(root.join("a.md"), "# Gate\n\ngreen").expect("written");
        fs::write(root.join("deep/b.txt"), b"caf\xe9 au lait").expect("written");
        fs::write(root.join("c.txt"), b"PK\x00\x00").expect("written");
        fs::write(root.join("d.bin"), "x").expect("written");
        fs::write(root.join(".hidden.md"), "x").expect("written");
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path(), root.join("out")).expect("linked");
        let library = Library::new(Encoding::default(), Embedding::Embedded, Some(root));
        let (documents, skipped) = library.read_folder("").expect("reads");
        assert_eq!(documents.iter().map(|document| document.id.as_str()).collect::<Vec<_>>(), ["a.md", "deep/b.txt"]);
        assert_eq!(skipped, [("c.txt".to_owned(), "the bytes are no text".to_owned())]);
        for outside in ["..", "/etc", "out", "nowhere", "a.md"] {
            assert!(matches!(library.read_folder(outside), Err(LibraryError::Folder(_))), "{outside}");
        }
        let closed = Library::new(Encoding::default(), Embedding::Embedded, None);
        assert!(matches!(closed.read_folder("."), Err(LibraryError::NoFolder)));
    }
}
