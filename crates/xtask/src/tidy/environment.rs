//! `.env.example` lists every variable that a lesson's command line reads, and no other.

use toml::Table;

use super::{Report, rust::Rust, source::rust_files};
use crate::{features, workspace::Workspace};

pub(super) fn check(workspace: &Workspace, files: &[String], report: &mut Report) {
    let manifest = |path: &str| workspace.read(path).and_then(|text| text.parse::<Table>().ok()).unwrap_or_default();
    let support = manifest("crates/support/Cargo.toml");
    for folder in workspace.lesson_folders() {
        let path = format!("crates/{folder}/.env.example");
        let Some(example) = workspace.read(&path) else {
            continue;
        };
        // What support reads is read by every lesson that has the feature for it.
        let lesson = manifest(&format!("crates/{folder}/Cargo.toml"));
        let used = features::of_support(&lesson, &["dependencies"], &support);
        let is_used = |path: &str| features::of_file(path, &support).is_none_or(|feature| used.contains(feature));
        let shared = Sources::read(workspace, files, |path| path.starts_with("crates/support/src/") && is_used(path));
        let own = Sources::read(workspace, files, |path| path.starts_with(&format!("crates/{folder}/src/")));
        let listed: Vec<(usize, &str)> = example.lines().enumerate().filter_map(variable).collect();
        for (source, line, name) in own.variables().into_iter().chain(shared.variables()) {
            if name.is_empty() {
                report.error(&source, line, "`env` without a name", "write env = \"NAME\", so that it can be found");
            } else if !listed.iter().any(|(_, listed)| *listed == name) {
                let what = format!("the variable {name} is not in {path}");
                report.error(&source, line, what, format!("add a line #{name}=default to {path}"));
            }
        }
        for (line, name) in &listed {
            if !own.mention(name) && !shared.mention(name) {
                report.error(&path, *line, format!("nothing reads the variable {name}"), "delete the line, or read it");
            }
        }
    }
}

/// The name on a line `NAME=value`, which may be commented out.
fn variable((index, line): (usize, &str)) -> Option<(usize, &str)> {
    let name = line.trim_start_matches(['#', ' ']).split_once('=')?.0;
    let is_name = name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    is_name.then_some((index + 1, name))
}

/// Rust files that belong together.
struct Sources(Vec<(String, String)>);

impl Sources {
    fn read(workspace: &Workspace, files: &[String], is_one: impl Fn(&str) -> bool) -> Self {
        let paths = rust_files(files).filter(|path| is_one(path));
        Self(paths.filter_map(|path| Some((path.clone(), workspace.read(path)?))).collect())
    }

    /// Every `env = "NAME"` of a clap argument: file, line, name.
    fn variables(&self) -> Vec<(String, usize, String)> {
        let mut found = Vec::new();
        for (path, text) in &self.0 {
            let rust = Rust::read(text);
            for (place, attribute) in rust.attributes() {
                if !attribute.starts_with("arg(") && !attribute.starts_with("clap(") {
                    continue;
                }
                let inner = Rust::read(attribute);
                for env in inner.words("env") {
                    let original = &text[place + env..place + attribute.len()];
                    found.push((path.clone(), rust.line(place + env), name_after_env(original).to_owned()));
                }
            }
        }
        found
    }

    /// Whether the name is a literal somewhere, as with `std::env::var("NAME")`.
    fn mention(&self, name: &str) -> bool {
        let literal = format!("\"{name}\"");
        self.0.iter().any(|(_, text)| text.contains(&literal))
    }
}

/// `NAME` of `env = "NAME"`, or nothing.
fn name_after_env(text: &str) -> &str {
    let value = text.trim_start_matches("env").trim_start().strip_prefix('=').map(str::trim_start);
    value.and_then(|value| value.strip_prefix('"')?.split('"').next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::lesson_cases;

    #[test]
    fn variables_and_their_example_agree() {
        const SHARED: &str = "MCP_BIND=127.0.0.1:8000\n# MCP_ALLOW_HOSTS=a\n#MCP_ALLOW_ORIGINS=b\n\
                              #MCP_DRAIN_SECONDS=10\n#MCP_STATELESS=false\n";
        let with = |more: &str| format!("{SHARED}{more}");
        let key = "struct Cli {\n    #[arg(\n        long,\n        env = \"API_KEY\"\n    )]\n    key: String,\n}\n";
        lesson_cases(&[
            (&[("src/main.rs", key), (".env.example", &with("#API_KEY=secret\n"))], &[]),
            (&[("src/main.rs", key)], &["crates/routing/src/main.rs:4: the variable API_KEY is not in"]),
            (
                &[(".env.example", &with("API_KEY=\n"))],
                &["crates/routing/.env.example:6: nothing reads the variable API_KEY"],
            ),
            (&[(".env.example", &with("# RUST_LOG=info\n# Keys: see NAME=x, y=z\n"))], &[]),
            (&[("src/main.rs", "fn f() { std::env::var(\"API_KEY\"); }"), (".env.example", &with("API_KEY=\n"))], &[]),
            (&[("src/main.rs", "#[arg(long, env)]\n")], &["crates/routing/src/main.rs:1: `env` without a name"]),
            (
                &[(".env.example", &SHARED.replace("MCP_BIND", "#"))],
                &["crates/support/src/cli.rs:1: the variable MCP_BIND"],
            ),
        ]);
    }

    #[test]
    fn variables_of_a_feature_belong_to_the_lessons_that_have_it() {
        const LLM: &[(&str, &str)] = &[
            ("../support/src/llm/args.rs", "#[arg(long, env = \"MODEL_NAME\")]\n"),
            ("../support/Cargo.toml", SUPPORT),
        ];
        const SUPPORT: &str = "[package]\nname = \"mcp-support\"\nversion.workspace = true\nedition.workspace = true\n\
             rust-version.workspace = true\nlicense.workspace = true\n[features]\nllm = []\n[lints]\nworkspace = true\n";
        let with_feature = super::super::tests::MANIFEST
            .replace("mcp-support.workspace = true", "mcp-support = { workspace = true, features = [\"llm\"] }");
        lesson_cases(&[
            (LLM, &[]),
            (
                &[LLM[0], LLM[1], ("Cargo.toml", &with_feature)],
                &["crates/support/src/llm/args.rs:1: the variable MODEL_NAME is not in crates/routing/.env.example"],
            ),
        ]);
    }
}
