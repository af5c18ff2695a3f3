use super::*;
use crate::workspace::tests::{fixture, manifest};

const ROOT: &str = "[workspace]\nmembers = [\"crates/*\"]\n[workspace.package]\nedition = \"2024\"\nversion = \"0.1.0\"\n\
    [workspace.dependencies]\nmcp-support = { path = \"crates/support\" }\nanyhow = \"1.0\"\n\
    image = { version = \"0.25.1\", features = [\"png\"] }\nrand = \"0.10\"\nreqwest = \"0.13\"\ntokio = \"1.54\"\n\
    unnamed = \"1.0\"\nopentelemetry = \"0.33\"\n[workspace.lints.rust]\nunsafe_code = \"forbid\"\n\
    [profile.dev.package.png]\nopt-level = 2\n[profile.dev.package.rustfft]\nopt-level = 2\n";
const LOCK: &str = "[[package]]\nname = \"anyhow\"\nversion = \"1.2.3\"\n[[package]]\nname = \"rand\"\nversion = \"0.9.9\"\n\
    [[package]]\nname = \"rand\"\nversion = \"0.10.4\"\n[[package]]\nname = \"image\"\nversion = \"0.25.10\"\n\
    dependencies = [\"png 0.18.0\"]\n[[package]]\nname = \"png\"\nversion = \"0.18.0\"\n";
const SUPPORT: &str = "[package]\nname = \"mcp-support\"\n[features]\ndefault = []\nfetch = [\"dep:reqwest\"]\n\
    llm = [\"fetch\"]\ntesting = [\"dep:reqwest\"]\notel = [\"dep:opentelemetry\"]\n[dependencies]\nanyhow.workspace = true\n\
    rand.workspace = true\nunnamed.workspace = true\nreqwest = { workspace = true, optional = true }\n\
    opentelemetry = { workspace = true, optional = true }\n\
    [dev-dependencies]\ntokio = { workspace = true, features = [\"test-util\"] }\n";
const SUPPORT_LIB: &str = "//! Support.\n//!\n//! * [`cli`]: a.\n//! * [`fetch`] (feature): b.\n\npub mod cli;\n\
    #[cfg(feature = \"fetch\")]\npub mod fetch;\npub mod telemetry;\n#[cfg(feature = \"testing\")]\npub mod testing;\n";
const TELEMETRY: &str = "pub struct T {\n    #[cfg(feature = \"otel\")]\n    spans: crate::telemetry::otel::Spans,\n}\n\
    fn f() {\n    #[cfg(feature = \"otel\")]\n    if let Some(x) = g(\"}\") {\n        x.y();\n    }\n    \
    #[cfg(not(feature = \"otel\"))]\n    tokio::z();\n}\n\n#[cfg(feature = \"otel\")]\npub mod otel;\n";

/// The new crate's files, as text.
fn ejected(dependencies: &str) -> BTreeMap<String, String> {
    let lesson = manifest("routing", "5.5")
        .replace("[package.metadata", "version.workspace = true\nedition.workspace = true\n[package.metadata")
        + "[features]\nexercises = []\n"
        + dependencies
        + "[[test]]\nname = \"it\"\n[[test]]\nname = \"exercises\"\n";
    let page = "# 5.5 Routing\n\n[a](src/lib.rs) [rules](../../CONTRIBUTING.md)\n\n```sh\ncargo install --path \
        crates/routing\n```\n\n## Exercises\n\nThree.\n\n## Take it with you\n\nEject it.\n\nThe licence is MIT.\n";
    let (_folder, workspace) = fixture(&[
        ("Cargo.toml", ROOT),
        ("Cargo.lock", LOCK),
        ("LICENSE", "MIT"),
        ("crates/support/Cargo.toml", SUPPORT),
        ("crates/support/src/lib.rs", SUPPORT_LIB),
        ("crates/support/src/cli.rs", "use crate::telemetry;\nuse anyhow::Error;\nuse rand::Rng;\n"),
        ("crates/support/src/fetch/mod.rs", "use reqwest::Client;\n"),
        ("crates/support/src/telemetry.rs", TELEMETRY),
        ("crates/support/src/telemetry/otel.rs", "use opentelemetry::X;\n"),
        ("crates/support/src/testing/mod.rs", "pub use crate::cli;\n"),
        ("crates/routing/Cargo.toml", &lesson),
        ("crates/routing/README.md", page),
        ("crates/routing/src/lib.rs", "//! Routing.\n\npub mod server;\n"),
        ("crates/routing/src/server.rs", "use mcp_support::cli;\n"),
        ("crates/routing/src/main.rs", "use mcp_support::cli;\n"),
        ("crates/routing/tests/it/main.rs", "use mcp_support::testing;\n"),
        ("crates/routing/tests/exercises/main.rs", ""),
        ("crates/routing/exercises/ex1_a.rs", ""),
        ("crates/routing/solutions/ex1_a.rs", ""),
    ]);
    let lesson = workspace.lesson("routing").expect("a lesson");
    let files = files(&workspace, &lesson).expect("files");
    files.into_iter().map(|(path, content)| (path, String::from_utf8(content).expect("text"))).collect()
}

const PLAIN: &str = "[dependencies]\nmcp-support.workspace = true\nimage.workspace = true\n\
    [dev-dependencies]\nmcp-support = { workspace = true, features = [\"testing\"] }\n";

#[test]
fn the_crate_holds_what_it_needs_and_no_more() {
    let files = ejected(PLAIN);
    let paths: Vec<&str> = files.keys().map(String::as_str).collect();
    let expected = [
        ".gitignore",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "src/lib.rs",
        "src/main.rs",
        "src/server.rs",
        "src/support/cli.rs",
        "src/support/mod.rs",
        "src/support/telemetry.rs",
        "src/support/testing/mod.rs",
        "tests/it/main.rs",
    ];
    assert_eq!(paths, expected);
    assert_eq!(files["src/lib.rs"], "//! Routing.\n\npub mod server;\npub mod support;\n");
    assert_eq!(files["src/server.rs"], "use crate::support::cli;\n");
    assert_eq!(files["src/main.rs"], "use mcp_routing::support::cli;\n");
    assert_eq!(files["tests/it/main.rs"], "use mcp_routing::support::testing;\n");
    assert!(files["src/support/cli.rs"].starts_with("use crate::support::telemetry;"));
    let support = &files["src/support/mod.rs"];
    assert!(
        !support.contains("fetch") && support.contains("#[cfg(feature = \"testing\")]\npub mod testing;"),
        "{support}"
    );
    let telemetry: Vec<&str> = files["src/support/telemetry.rs"].split_whitespace().collect();
    assert_eq!(telemetry.join(" "), "pub struct T { } fn f() { tokio::z(); }");
}

#[test]
fn the_manifest_stands_alone() {
    let files = ejected(PLAIN);
    let manifest: toml::Table = files["Cargo.toml"].parse().expect("a manifest");
    let expected: toml::Table = "workspace = {}\n[package]\nname = \"mcp-routing\"\nversion = \"0.1.0\"\n\
        edition = \"2024\"\n[features]\ntesting = [\"dep:reqwest\"]\n[dependencies]\nanyhow = \"1.2\"\nrand = \"0.10\"\n\
        image = { version = \"0.25.10\", features = [\"png\"] }\nreqwest = { version = \"0.13\", optional = true }\n\
        [dev-dependencies]\nmcp-routing = { path = \".\", features = [\"testing\"] }\n\
        tokio = { version = \"1.54\", features = [\"test-util\"] }\n[lints.rust]\nunsafe_code = \"forbid\"\n\
        [[test]]\nname = \"it\"\n[profile.dev.package.png]\nopt-level = 2\n"
        .parse()
        .expect("a table");
    assert_eq!(manifest, expected);
}

#[test]
fn a_feature_brings_those_that_it_turns_on() {
    let features = PLAIN.replace("support.workspace = true", "support = { workspace = true, features = [\"llm\"] }");
    let files = ejected(&features);
    assert!(files["src/support/mod.rs"].contains("\npub mod fetch;"), "{}", files["src/support/mod.rs"]);
    let manifest: toml::Table = files["Cargo.toml"].parse().expect("a manifest");
    assert_eq!(manifest["dependencies"]["reqwest"].as_str(), Some("0.13"));
}

#[test]
fn features_that_are_used_come_along() {
    let features =
        PLAIN.replace("support.workspace = true", "support = { workspace = true, features = [\"fetch\", \"otel\"] }");
    let files = ejected(&features);
    assert!(files.contains_key("src/support/fetch/mod.rs") && files.contains_key("src/support/telemetry/otel.rs"));
    assert!(
        files["src/support/mod.rs"].contains("\npub mod fetch;") && !files["src/support/mod.rs"].contains("\"fetch")
    );
    assert!(!files["src/support/telemetry.rs"].contains("cfg"), "{}", files["src/support/telemetry.rs"]);
    let manifest: toml::Table = files["Cargo.toml"].parse().expect("a manifest");
    let dependencies = &manifest["dependencies"];
    assert_eq!(dependencies["reqwest"].as_str(), Some("0.13"), "{dependencies}");
    assert!(dependencies.get("opentelemetry").is_some_and(|value| value.get("optional").is_none()), "{dependencies}");
}

#[test]
fn the_page_fits_the_crate() {
    let page = &ejected(PLAIN)["README.md"];
    let expected = "# 5.5 Routing\n\n[a](src/lib.rs) rules\n\n```sh\ncargo install --path .\n```\n\n\
        ## Where it comes from\n\nFrom lesson 5.5 of";
    assert!(page.starts_with(expected) && page.ends_with("\n\nThe licence is MIT.\n"), "{page}");
}

#[test]
fn a_folder_that_is_taken_or_inside_is_refused() {
    let (folder, workspace) = fixture(&[("inside/Cargo.toml", "[workspace]\n"), ("taken/a", "")]);
    let inside = Workspace { root: workspace.root.join("inside") };
    for (path, what) in [("taken", "is not empty"), ("inside/new", "inside of the workspace")] {
        let error = free_folder(&inside, &folder.path().join(path)).expect_err(what).to_string();
        assert!(error.contains(what), "{error}");
    }
    assert!(!inside.has("new"));
    assert!(free_folder(&inside, &folder.path().join("new")).is_ok());
}

/// The new crate's files, for a lesson of two files and one of the workspace's root.
fn ejected_with(source: &str, outside: (&str, &str)) -> anyhow::Result<Files> {
    let (_folder, workspace) = fixture(&[
        ("Cargo.toml", ROOT),
        outside,
        ("crates/support/Cargo.toml", SUPPORT),
        ("crates/support/src/lib.rs", SUPPORT_LIB),
        ("crates/routing/Cargo.toml", &manifest("routing", "5.5")),
        ("crates/routing/README.md", "# 5.5 Routing\n"),
        ("crates/routing/src/news/text.rs", source),
    ]);
    files(&workspace, &workspace.lesson("routing")?)
}

#[test]
fn files_that_the_code_includes_come_along() {
    let source = "const NEWS: &str = include_str!(\"../../../../CHANGELOG.md\");\n";
    let files = ejected_with(source, ("CHANGELOG.md", "- First.\n")).expect("files");
    assert_eq!(files["CHANGELOG.md"], b"- First.\n");
    let included = "const NEWS: &str = include_str!(\"../../CHANGELOG.md\");\n";
    assert_eq!(String::from_utf8_lossy(&files["src/news/text.rs"]), included);
    for (source, outside, what) in [
        (source, "NEWS.md", "cannot read CHANGELOG.md"),
        (
            "include_str!(\"../../../../README.md\")",
            "README.md",
            "the lesson has a README.md, and includes another one",
        ),
        (
            "include_str!(\"../../../../Cargo.toml\")",
            "NEWS.md",
            "the lesson has a Cargo.toml, and includes another one",
        ),
    ] {
        let error = ejected_with(source, (outside, "text")).expect_err(what);
        assert_eq!(error.to_string(), what);
    }
}
