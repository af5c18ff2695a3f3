//! The files of a new lesson, and what fills their placeholders.

/// Files under `crates/xtask/template/`, with their text.
macro_rules! files {
    ($($path:literal),+ $(,)?) => {
        [$(($path, include_str!(concat!("../template/", $path)))),+]
    };
}

/// Path in the lesson's folder, and text with placeholders such as `{{folder}}`.
pub(crate) const FILES: [(&str, &str); 13] = files![
    "Cargo.toml",
    "README.md",
    "src/main.rs",
    "src/lib.rs",
    "src/server.rs",
    "src/greeting.rs",
    "src/demo.rs",
    "tests/it/main.rs",
    "tests/it/wire.rs",
    "tests/it/snapshots/it__wire__contract.snap",
    "requests.http",
    ".env.example",
    "mcp.json",
];

/// What the first lines of a lesson about a deprecated feature say.
const BANNER: &str = "> **Deprecated in 2026-07-28.** What this lesson teaches still works, and is on its way out of \
the protocol.\n> The lesson shows the replacement beside it.\n\n";

/// A lesson that may be written.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Folder under `crates/`.
    pub(crate) folder: String,
    /// Number in the course.
    pub(crate) number: String,
    /// Title: letters, digits, spaces and little punctuation, because it stands in TOML, Rust and Markdown.
    pub(crate) title: String,
    /// Whether it is about a deprecated feature.
    pub(crate) deprecated: bool,
}

impl Plan {
    /// Name of the package and of its binary.
    pub(crate) fn package(&self) -> String {
        format!("mcp-{}", self.folder)
    }

    /// A template's text with all placeholders filled.
    pub(crate) fn fill(&self, template: &str) -> String {
        let package = self.package();
        let type_name: String = self.folder.split('-').map(capitalised).collect();
        let (status, banner) = if self.deprecated { ("deprecated", BANNER) } else { ("current", "") };
        [
            ("{{folder}}", self.folder.as_str()),
            ("{{package}}", &package),
            ("{{crate_ident}}", &package.replace('-', "_")),
            ("{{Type}}", &type_name),
            ("{{number}}", &self.number),
            ("{{title}}", &self.title),
            ("{{status}}", status),
            ("{{banner}}", banner),
        ]
        .into_iter()
        .fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map(|first| first.to_ascii_uppercase().to_string() + characters.as_str()).unwrap_or_default()
}
