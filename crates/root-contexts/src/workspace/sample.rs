//! Something to read, for whoever has not named a folder: a small project in two languages.

use std::{fs, io, path::PathBuf};

use tempfile::TempDir;

/// Name of the project's folder.
const NAME: &str = "sample";

/// Path and content of each file. One is ignored and one is not text, so that both can be seen.
const FILES: [(&str, &str); 8] = [
    (".gitignore", "# What is built, and what nobody else needs.\n/build/\n*.log\n!important.log\n"),
    (
        "README.md",
        "# Sample\n\nA ledger that adds up, in Rust, and a report about it, in Python.\n\n\
         TODO: say how to install it\n",
    ),
    (
        "ledger/src/lib.rs",
        "//! Adds up entries.\n\n/// One entry of the ledger.\npub struct Entry {\n    /// In cents.\n    \
         pub cents: i64,\n}\n\n\
         /// The sum of all entries.\npub fn total(entries: &[Entry]) -> i64 {\n    \
         // TODO(ada): say what happens when the sum does not fit\n    \
         entries.iter().map(|entry| entry.cents).sum()\n}\n",
    ),
    (
        "report/report.py",
        "\"\"\"Prints the ledger.\"\"\"\n\n\ndef report(entries):\n    # FIXME: cents are cut off, not rounded\n    \
         for entry in entries:\n        print(entry[\"cents\"] // 100)\n",
    ),
    ("report/important.log", "kept although logs are ignored\n"),
    ("report/debug.log", "TODO: nobody finds this, for .gitignore names it\n"),
    ("build/output.txt", "made by a build, ignored\n"),
    ("report/logo.bin", "\u{0}\u{1}\u{2}not text\u{0}"),
];

/// Unpacks the project into a folder of its own, which goes when the value is dropped, and says where it is.
///
/// # Errors
/// There is no place for temporary files.
pub fn unpack() -> io::Result<(TempDir, PathBuf)> {
    let folder = tempfile::Builder::new().prefix("mcp-root-contexts-").tempdir()?;
    let project = folder.path().join(NAME);
    for (path, content) in FILES {
        let path = project.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
    }
    Ok((folder, project))
}
