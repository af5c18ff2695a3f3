//! `cargo xtask eject <lesson> <folder>`: the lesson as a crate of its own, with all that it takes from the workspace.

mod included;
mod manifest;
mod page;
mod source;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail, ensure};
use clap::Args;

use self::source::Cut;
use crate::workspace::{Lesson, Workspace};

/// What to take out, and where it goes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder under `crates/`, such as `routing`
    lesson: String,
    /// The new crate's folder, outside of the workspace; it may exist if it is empty
    folder: PathBuf,
    /// Build it and run its tests
    #[arg(long)]
    build: bool,
}

/// Files of the root that a crate of its own needs too.
const ROOT_FILES: [&str; 4] = ["LICENSE", "rustfmt.toml", "clippy.toml", "Cargo.lock"];
/// What belongs to the course, and not to a product.
const LEFT_OUT: [&str; 4] = ["Cargo.toml", "exercises/", "solutions/", "tests/exercises/"];
const SUPPORT: &str = "crates/support/";

/// Content of the new crate's files, by their path in it.
type Files = BTreeMap<String, Vec<u8>>;

/// Writes the crate, formats it, and builds it if that was asked for.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<()> {
    let lesson = workspace.lesson(&arguments.lesson)?;
    let folder = free_folder(workspace, &arguments.folder)?;
    let files = files(workspace, &lesson)?;
    for (path, content) in &files {
        let path = folder.join(path);
        let parent = path.parent().with_context(|| format!("{} has no folder", path.display()))?;
        fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    writeln!(out, "wrote {} files to {}", files.len(), folder.display())?;
    // Paths have become longer, and so have the lines that they stand in.
    if !succeeds(&folder, &["fmt"]) {
        writeln!(out, "could not format it; run there: cargo fmt")?;
    }
    if arguments.build {
        ensure!(succeeds(&folder, &["test"]), "cargo test fails in {}", folder.display());
        writeln!(out, "it builds, and its tests pass")?;
    }
    writeln!(out, "\nnext:\n  cd {}\n  cargo run\n  cargo test", folder.display())?;
    Ok(())
}

fn succeeds(folder: &Path, arguments: &[&str]) -> bool {
    Command::new("cargo").args(arguments).current_dir(folder).status().is_ok_and(|status| status.success())
}

/// The folder, absolute: it holds nothing yet, and the workspace does not hold it.
fn free_folder(workspace: &Workspace, folder: &Path) -> anyhow::Result<PathBuf> {
    let shown = folder.display();
    let absolute = std::path::absolute(folder).with_context(|| format!("'{shown}' is no path"))?;
    ensure!(!fs::read_dir(&absolute).is_ok_and(|mut files| files.next().is_some()), "{shown} is not empty");
    fs::create_dir_all(&absolute).with_context(|| format!("cannot create {shown}"))?;
    // Only what exists has a path without links and dots.
    let (real, root) = (absolute.canonicalize()?, workspace.root.canonicalize()?);
    if real.starts_with(&root) {
        fs::remove_dir(&real)?;
        bail!("{shown} is inside of the workspace; give a folder outside of it, such as ../my-server");
    }
    Ok(real)
}

/// Every file of the new crate.
fn files(workspace: &Workspace, lesson: &Lesson) -> anyhow::Result<Files> {
    let ident = lesson.package.replace('-', "_");
    let plan = manifest::Plan::read(workspace, lesson)?;
    let mut files = Files::new();
    let own = format!("crates/{}/", lesson.folder);
    let listed = workspace.files();
    let mut outside = BTreeSet::new();
    for path in listed.iter().filter_map(|path| path.strip_prefix(&own)) {
        if LEFT_OUT.iter().any(|left_out| path == *left_out || left_out.ends_with('/') && path.starts_with(left_out)) {
            continue;
        }
        let bytes =
            fs::read(workspace.root.join(&own).join(path)).with_context(|| format!("cannot read {own}{path}"))?;
        let content = match String::from_utf8(bytes) {
            Ok(text) if path.ends_with(".rs") => {
                let included = included::of(&own, path, &text)?;
                outside.extend(included.outside);
                source::of_lesson(path, &included.text, &ident).into_bytes()
            }
            Ok(text) if path == "README.md" => page::standalone(&text, lesson).into_bytes(),
            Ok(text) => text.into_bytes(),
            Err(binary) => binary.into_bytes(),
        };
        files.insert(path.to_owned(), content);
    }
    support(workspace, &listed, &plan, &ident, &mut files)?;
    for path in ROOT_FILES {
        if let Some(text) = workspace.read(path) {
            files.insert(path.to_owned(), text.into_bytes());
        }
    }
    files.insert(".gitignore".to_owned(), b"/target\n".to_vec());
    let manifest = plan.manifest(&source_of(&files));
    files.insert("Cargo.toml".to_owned(), manifest.into_bytes());
    for path in outside {
        let content = fs::read(workspace.root.join(&path)).with_context(|| format!("cannot read {path}"))?;
        // Another file of this name would be lost, or be included instead.
        ensure!(
            files.get(&path).is_none_or(|own| *own == content),
            "the lesson has a {path}, and includes another one"
        );
        files.insert(path, content);
    }
    Ok(files)
}

/// The support crate as a module. Modules behind features that the lesson does not use stay out; the others come whole.
fn support(
    workspace: &Workspace,
    listed: &[String],
    plan: &manifest::Plan,
    ident: &str,
    files: &mut Files,
) -> anyhow::Result<()> {
    let sources = format!("{SUPPORT}src/");
    let mut dropped = Vec::new();
    for path in listed.iter().filter_map(|path| path.strip_prefix(&sources)) {
        let text = workspace.read(&format!("{sources}{path}")).with_context(|| format!("cannot read {path}"))?;
        let Cut { text, modules } = source::of_support(path, &text, ident, &plan.features);
        dropped.extend(modules);
        let path = if path == "lib.rs" { "mod.rs" } else { path };
        files.insert(format!("src/support/{path}"), text.into_bytes());
    }
    for module in dropped {
        let (file, folder) = (format!("src/support/{module}.rs"), format!("src/support/{module}/"));
        files.retain(|path, _| *path != file && !path.starts_with(&folder));
    }
    Ok(())
}

/// All Rust code of the new crate, to see which dependencies it names.
fn source_of(files: &Files) -> String {
    let rust = files.iter().filter(|(path, _)| path.ends_with(".rs"));
    rust.map(|(_, content)| String::from_utf8_lossy(content)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
