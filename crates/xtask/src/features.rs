//! Which features of support a lesson turns on.

use std::collections::BTreeSet;

use toml::{Table, Value};

const SUPPORT: &str = "mcp-support";

/// The features that a lesson's manifest asks for in its dependencies of these kinds, and those that they turn on.
pub(crate) fn of_support(lesson: &Table, kinds: &[&str], support: &Table) -> BTreeSet<String> {
    let asked = kinds.iter().filter_map(|kind| lesson.get(*kind)?.get(SUPPORT)?.get("features"));
    let mut left: Vec<&str> = asked.flat_map(names).collect();
    let mut found = BTreeSet::new();
    while let Some(name) = left.pop() {
        if let Some(more) = support.get("features").and_then(|features| features.get(name))
            && found.insert(name.to_owned())
        {
            left.extend(names(more));
        }
    }
    found
}

/// The feature that a file of support belongs to: that of a module with its name, as `llm` for `src/llm/mod.rs`.
pub(crate) fn of_file<'a>(path: &str, support: &'a Table) -> Option<&'a str> {
    let module = path.strip_prefix("crates/support/src/")?.split(['/', '.']).next()?;
    let features = support.get("features")?.as_table()?;
    features.get_key_value(module).map(|(name, _)| name.as_str())
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        text.parse().expect("TOML")
    }

    #[test]
    fn features_and_what_they_turn_on() {
        let support = table(
            "[features]\ndefault = []\nfetch = [\"dep:reqwest\"]\nllm = [\"fetch\", \"dep:sse-stream\"]\ntesting = []\n",
        );
        let lesson = table(
            "[dependencies]\nmcp-support = { workspace = true, features = [\"llm\", \"unknown\"] }\n\
             [dev-dependencies]\nmcp-support = { workspace = true, features = [\"testing\"] }\n",
        );
        let of = |kinds: &[&str]| of_support(&lesson, kinds, &support).into_iter().collect::<Vec<_>>();
        assert_eq!(of(&["dependencies"]), ["fetch", "llm"]);
        assert_eq!(of(&["dependencies", "dev-dependencies"]), ["fetch", "llm", "testing"]);
        assert_eq!(
            of_support(&table("[dependencies]\nmcp-support.workspace = true\n"), &["dependencies"], &support).len(),
            0
        );

        assert_eq!(of_file("crates/support/src/llm/provider/args.rs", &support), Some("llm"));
        assert_eq!(of_file("crates/support/src/fetch.rs", &support), Some("fetch"));
        assert_eq!(of_file("crates/support/src/cli.rs", &support), None);
        assert_eq!(of_file("crates/routing/src/llm.rs", &support), None);
    }
}
