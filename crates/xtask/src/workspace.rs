//! The workspace as every command sees it: its root, its files, its lessons.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};
use serde::Deserialize;

/// Crates that are no lessons.
const NO_LESSONS: [&str; 3] = ["bench", "support", "xtask"];

/// Folders that hold nothing written by hand.
const NOT_OURS: [&str; 3] = ["target", ".git", ".tools"];

/// A workspace on disk.
pub(crate) struct Workspace {
    /// The folder of the virtual manifest.
    pub(crate) root: PathBuf,
}

/// `[package.metadata.lesson]` and where it stood.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lesson {
    /// Folder under `crates/`, such as `routing`.
    pub(crate) folder: String,
    /// Package and binary, such as `mcp-routing`.
    pub(crate) package: String,
    /// What the manifest says about the lesson.
    pub(crate) facts: Facts,
}

/// The facts of a lesson, which stand once: in its manifest.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Facts {
    /// `5.1` to `5.17`.
    pub(crate) number: String,
    pub(crate) title: String,
    /// `current`, `deprecated` or `legacy`.
    pub(crate) status: String,
    pub(crate) transports: Vec<String>,
    pub(crate) revisions: Vec<String>,
    /// To read, run and change it.
    pub(crate) minutes: u32,
    /// Stubs in `exercises/`.
    pub(crate) exercises: usize,
}

impl Facts {
    /// The part after the point, by which lessons are ordered: 5.2 comes before 5.10.
    pub(crate) fn position(&self) -> Option<u32> {
        self.number.strip_prefix("5.")?.parse().ok()
    }
}

impl Workspace {
    /// The workspace that `start` is in.
    pub(crate) fn find(start: &Path) -> anyhow::Result<Self> {
        for folder in start.ancestors() {
            let manifest = folder.join("Cargo.toml");
            if fs::read_to_string(&manifest).is_ok_and(|text| text.contains("[workspace]")) {
                return Ok(Self { root: folder.to_owned() });
            }
        }
        bail!("no Cargo workspace around {}", start.display())
    }

    /// The text of a file, by its path from the root. `None` when it is missing or no text.
    pub(crate) fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root.join(path)).ok()
    }

    /// Whether there is a file or folder at a path from the root.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// Every file that is, or would be, in version control, as sorted paths from the root with `/` between names.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = self.listed_by_git().unwrap_or_else(|| self.walked());
        files.sort();
        files.dedup();
        files
    }

    /// Folders under `crates/` that are lessons, whether or not their manifest says so, sorted.
    pub(crate) fn lesson_folders(&self) -> Vec<String> {
        let mut folders: Vec<String> = subfolders(&self.root.join("crates"))
            .into_iter()
            .filter(|folder| !NO_LESSONS.contains(&folder.as_str()))
            .collect();
        folders.sort();
        folders
    }

    /// The lessons in the order of the course.
    pub(crate) fn lessons(&self) -> anyhow::Result<Vec<Lesson>> {
        let mut lessons = Vec::new();
        for folder in self.lesson_folders() {
            let path = format!("crates/{folder}/Cargo.toml");
            let Some(text) = self.read(&path) else {
                continue;
            };
            let manifest: toml::Table = text.parse().with_context(|| format!("{path} is no TOML"))?;
            if let Some(lesson) = lesson(&folder, &manifest).with_context(|| path.clone())? {
                lessons.push(lesson);
            }
        }
        lessons.sort_by_key(|lesson| lesson.facts.position());
        Ok(lessons)
    }

    /// The lesson in a folder under `crates/`.
    pub(crate) fn lesson(&self, folder: &str) -> anyhow::Result<Lesson> {
        let lessons = self.lessons()?;
        let folders: Vec<&str> = lessons.iter().map(|lesson| lesson.folder.as_str()).collect();
        let missing = format!("there is no lesson '{folder}'; there is {}", folders.join(", "));
        lessons.into_iter().find(|lesson| lesson.folder == folder).context(missing)
    }

    fn listed_by_git(&self) -> Option<Vec<String>> {
        // Without a repository of its own, the answer would be about another one around it.
        if !self.has(".git") {
            return None;
        }
        let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let output = Command::new("git").arg("-C").arg(&self.root).args(arguments).output().ok()?;
        let text = String::from_utf8(output.status.success().then_some(output.stdout)?).ok()?;
        let listed = text.split('\0').filter(|path| !path.is_empty());
        // A file that was deleted and not yet committed is still listed.
        Some(listed.filter(|path| self.root.join(path).is_file()).map(str::to_owned).collect())
    }

    fn walked(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(self.root.join(&folder)).into_iter().flatten().flatten();
            for entry in entries {
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                match entry.file_type() {
                    Ok(kind) if kind.is_file() => files.push(path),
                    Ok(kind) if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) => folders.push(path),
                    _ => {}
                }
            }
        }
        files
    }
}

/// The lesson that a manifest describes, if it describes one.
pub(crate) fn lesson(folder: &str, manifest: &toml::Table) -> anyhow::Result<Option<Lesson>> {
    let package = manifest.get("package");
    let Some(facts) = package.and_then(|package| package.get("metadata")?.get("lesson")) else {
        return Ok(None);
    };
    let facts = facts.clone().try_into().map_err(|error: toml::de::Error| anyhow::anyhow!("{}", error.message()))?;
    let name = package.and_then(|package| package.get("name")?.as_str()).unwrap_or_default();
    Ok(Some(Lesson { folder: folder.to_owned(), package: name.to_owned(), facts }))
}

/// Names of the folders in a folder.
pub(crate) fn subfolders(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A workspace in a temporary folder with these files.
    pub(crate) fn fixture(files: &[(&str, &str)]) -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workspace = Workspace { root: folder.path().to_owned() };
        for (path, text) in files {
            write(&workspace, path, text);
        }
        (folder, workspace)
    }

    /// Writes a file, with its folders.
    pub(crate) fn write(workspace: &Workspace, path: &str, text: &str) {
        let path = workspace.root.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("a file");
    }

    /// The manifest of a lesson.
    pub(crate) fn manifest(folder: &str, number: &str) -> String {
        format!(
            "[package]\nname = \"mcp-{folder}\"\n[package.metadata.lesson]\nnumber = \"{number}\"\n\
             title = \"Title of {folder}\"\nstatus = \"current\"\ntransports = [\"stdio\", \"http\"]\n\
             revisions = [\"2025-11-25\", \"2026-07-28\"]\nminutes = 15\nexercises = 0\n"
        )
    }

    #[test]
    fn lessons_come_in_the_order_of_the_course() {
        let (_folder, workspace) = fixture(&[
            ("Cargo.toml", "[workspace]\n"),
            ("crates/support/Cargo.toml", "[package]\nname = \"mcp-support\"\n"),
            ("crates/realtime-streaming/Cargo.toml", &manifest("realtime-streaming", "5.10")),
            ("crates/multi-modal/Cargo.toml", &manifest("multi-modal", "5.2")),
            ("crates/multi-modal/src/lib.rs", ""),
        ]);
        let lessons = workspace.lessons().expect("lessons");
        let numbers: Vec<&str> = lessons.iter().map(|lesson| lesson.facts.number.as_str()).collect();
        assert_eq!(numbers, ["5.2", "5.10"]);
        let inside = workspace.root.join("crates/multi-modal/src");
        assert_eq!(Workspace::find(&inside).expect("found").root, workspace.root);
        assert_eq!(workspace.files().len(), 5);
    }

    #[test]
    fn a_fact_of_the_wrong_type_names_its_file() {
        let wrong = manifest("routing", "5.5").replace("minutes = 15", "minutes = \"long\"");
        let (_folder, workspace) = fixture(&[("crates/routing/Cargo.toml", &wrong)]);
        let error = format!("{:#}", workspace.lessons().expect_err("minutes is text"));
        assert!(error.contains("crates/routing/Cargo.toml") && error.contains("u32"), "{error}");
    }
}
