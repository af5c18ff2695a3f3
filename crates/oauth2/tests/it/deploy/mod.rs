//! What stands in `deploy/`, checked as far as that goes without Docker and without Azure.

mod bicep;
mod dockerfile;
mod image;
mod policy;

use std::path::{Path, PathBuf};

use self::dockerfile::Dockerfile;

/// A file of `deploy/`.
fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Where an image is built: the folder of `Cargo.lock`, in the workspace and in a crate of its own.
fn context() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().find(|folder| folder.join("Cargo.lock").exists()).expect("a Cargo.lock").to_owned()
}

fn the_dockerfile() -> Dockerfile {
    Dockerfile::read(&file("Dockerfile")).expect("a Dockerfile")
}
