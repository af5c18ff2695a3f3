//! An index that is kept in a folder.
//!
//! Each corpus has a folder of its own in it, named after a fingerprint of everything that the index depends on. It is
//! built beside and moved there in one step, so that whoever finds it finds it whole; what is damaged later is found
//! by its checksums, and replaced.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use sha2::{Digest as _, Sha256};
use tantivy::Index;

use super::{
    IndexDocument, IndexError, IndexOptions, SearchIndex,
    schema::{VERSION, schema},
};
use crate::private_file;

/// The prefix of folders that nobody opens.
const UNFINISHED: &str = "unfinished-";
/// An unfinished folder of this age has no builder any more.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

pub(super) fn open<D>(
    folder: &Path,
    options: &IndexOptions,
    corpus_digest: &str,
    documents: impl FnOnce() -> D,
) -> Result<SearchIndex, IndexError>
where
    D: IntoIterator<Item = IndexDocument>,
{
    private_file::make_folder(folder)?;
    let name = fingerprint(options, corpus_digest);
    let home = folder.join(&name);
    if home.exists() {
        match whole(&home, options) {
            Ok(index) => return Ok(index),
            Err(error) => tracing::warn!(%error, folder = %home.display(), "the index is damaged and is built again"),
        }
    }
    let unfinished = folder.join(format!("{UNFINISHED}{}-{:016x}", std::process::id(), rand::random::<u64>()));
    let built = build(&unfinished, options, documents()).and_then(|()| install(&unfinished, &home, options));
    if built.is_err() {
        // The error that matters is the first.
        let _ = fs::remove_dir_all(&unfinished);
    }
    let index = built?;
    remove_others(folder, &name);
    Ok(index)
}

/// Everything that the files depend on.
fn fingerprint(options: &IndexOptions, corpus_digest: &str) -> String {
    let of = format!("{VERSION} {} {:?} {corpus_digest}", tantivy::version_string(), options.language);
    let mut name = String::from("index-");
    for byte in &Sha256::digest(of)[..16] {
        let _ = write!(name, "{byte:02x}");
    }
    name
}

fn whole(home: &Path, options: &IndexOptions) -> Result<SearchIndex, IndexError> {
    let index = Index::open_in_dir(home)?;
    if let Some(damaged) = index.validate_checksum()?.into_iter().next() {
        return Err(IndexError::Failed(format!("{} does not match its checksum", damaged.display())));
    }
    SearchIndex::around(index, schema().1, options)
}

fn build(
    unfinished: &Path,
    options: &IndexOptions,
    documents: impl IntoIterator<Item = IndexDocument>,
) -> Result<(), IndexError> {
    private_file::make_folder(unfinished)?;
    let (schema, fields) = schema();
    let index = SearchIndex::around(Index::create_in_dir(unfinished, schema)?, fields, options)?;
    for document in documents {
        index.add(&document)?;
    }
    index.commit()?;
    // Nothing may write any more when the folder gets its name.
    let writer = index.shared.writer.lock().map(|mut writer| writer.take());
    if let Ok(Some(writer)) = writer {
        writer.wait_merging_threads()?;
    }
    Ok(())
}

/// Gives the folder its name. Where another process was faster, its index is as good.
fn install(unfinished: &Path, home: &Path, options: &IndexOptions) -> Result<SearchIndex, IndexError> {
    if fs::rename(unfinished, home).is_ok() {
        return whole(home, options);
    }
    if let Ok(index) = whole(home, options) {
        fs::remove_dir_all(unfinished)?;
        return Ok(index);
    }
    let damaged = unfinished.with_extension("damaged");
    fs::rename(home, &damaged)?;
    let _ = fs::remove_dir_all(&damaged);
    match fs::rename(unfinished, home) {
        Ok(()) => {}
        // Another process has put its own there in between.
        Err(_) if home.exists() => fs::remove_dir_all(unfinished)?,
        Err(error) => return Err(error.into()),
    }
    whole(home, options)
}

/// Indexes of earlier versions and corpora, and what a killed process has left. What fails is tried again next time.
fn remove_others(folder: &Path, name: &str) {
    for other in others(folder, name).unwrap_or_default() {
        if let Err(error) = fs::remove_dir_all(&other) {
            tracing::debug!(%error, folder = %other.display(), "an old index stays");
        }
    }
}

fn others(folder: &Path, name: &str) -> io::Result<Vec<PathBuf>> {
    let mut others = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let other = entry.file_name().to_string_lossy().into_owned();
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        let is_abandoned = other.starts_with(UNFINISHED) && age > ABANDONED;
        if is_abandoned || (other.starts_with("index-") && other != name) {
            others.push(entry.path());
        }
    }
    Ok(others)
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{document, found, shop},
        *,
    };

    #[test]
    fn a_kept_index_is_opened_and_another_corpus_replaces_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = IndexOptions::default();
        let open = |digest: &str, must_build: bool| {
            let mut built = false;
            let index = SearchIndex::open(folder.path(), &options, digest, || {
                built = true;
                shop()
            });
            assert_eq!(built, must_build, "{digest}");
            index.expect("an index")
        };
        let first = open("1", true);
        let second = open("1", false);
        assert_eq!((found(&first, "kyoto").len(), found(&second, "kyoto").len()), (1, 1));
        open("2", true);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "the old one is gone");
    }

    #[test]
    fn a_torn_index_is_built_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || SearchIndex::open(folder.path(), &IndexOptions::default(), "1", shop).expect("an index");
        for damage in ["cut", "flip", "missing"] {
            open();
            let home =
                fs::read_dir(folder.path()).expect("a folder").next().expect("an index").expect("an entry").path();
            let store = fs::read_dir(&home).expect("files").filter_map(Result::ok).map(|entry| entry.path());
            let store = store.max_by_key(|path| path.metadata().map_or(0, |file| file.len())).expect("a file");
            let mut bytes = fs::read(&store).expect("read");
            match damage {
                "cut" => fs::write(&store, &bytes[..bytes.len() / 2]).expect("written"),
                "flip" => {
                    bytes[5] ^= 1;
                    fs::write(&store, &bytes).expect("written");
                }
                _ => fs::remove_file(&store).expect("removed"),
            }
            assert_eq!(found(&open(), "kyoto"), ["green"], "{damage}");
        }
    }

    #[test]
    fn one_writer_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || SearchIndex::open(folder.path(), &IndexOptions::default(), "1", shop).expect("an index");
        let (first, second) = (open(), open());
        first.add(&document("new", "Coffee", "")).expect("added");
        assert!(matches!(second.add(&document("newer", "", "")), Err(IndexError::Busy)));
        first.commit().expect("committed");
        assert_eq!(found(&open(), "coffee"), ["new"]);
    }

    #[test]
    fn many_open_an_index_that_is_not_there_yet() {
        let folder = tempfile::tempdir().expect("a folder");
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| SearchIndex::open(folder.path(), &IndexOptions::default(), "1", shop)))
                .collect();
            for thread in threads {
                let index = thread.join().expect("no panic").expect("an index");
                assert_eq!(found(&index, "kyoto"), ["green"]);
            }
        });
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
