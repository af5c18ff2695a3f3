//! Source files: paths rewritten, features resolved.

use std::path::Path;

use super::manifest::Feature;
use crate::tidy::rust::Rust;

const SUPPORT: &str = "mcp_support::";

/// A file of support without the features that are not used.
pub(super) struct Cut {
    pub(super) text: String,
    /// Modules that are gone with them, such as `telemetry/otel`.
    pub(super) modules: Vec<String>,
}

/// A file of the lesson: support is a module of the library now.
pub(super) fn of_lesson(path: &str, text: &str, ident: &str) -> String {
    let is_in_library = path.starts_with("src/") && path != "src/main.rs" && !path.starts_with("src/bin/");
    let support = if is_in_library { "crate::support::".to_owned() } else { format!("{ident}::support::") };
    let text = text.replace(SUPPORT, &support);
    if path == "src/lib.rs" { with_module(&text) } else { text }
}

/// `pub mod support;` after the other modules; formatting sorts them.
fn with_module(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let is_module = |line: &&str| line.starts_with("pub mod ") && line.ends_with(';');
    let place = lines.iter().rposition(is_module).map_or(lines.len(), |last| last + 1);
    lines.insert(place, "pub mod support;");
    lines.join("\n") + "\n"
}

/// A file of support, by its path in `src/`.
pub(super) fn of_support(path: &str, text: &str, ident: &str, features: &[(String, Feature)]) -> Cut {
    let mut text = text.to_owned();
    let mut modules = Vec::new();
    for (feature, fate) in features {
        let is_in = match fate {
            Feature::Stays => continue,
            Feature::On => true,
            Feature::Off => false,
        };
        let mut removed = resolve(&mut text, &format!("#[cfg(feature = \"{feature}\")]"), is_in);
        removed.extend(resolve(&mut text, &format!("#[cfg(not(feature = \"{feature}\"))]"), !is_in));
        for item in removed {
            let words: Vec<&str> = item.split_whitespace().collect();
            if let [.., "mod", name] = words.as_slice() {
                let name = name.trim_end_matches(';');
                modules.push(folder_of_modules(path).map_or(name.to_owned(), |folder| format!("{folder}/{name}")));
                // The list of modules at the top of the file.
                let entry = format!("//! * [`{name}`]");
                text = text.split_inclusive('\n').filter(|line| !line.starts_with(&entry)).collect();
            }
        }
    }
    let text = text.replace("crate::", "crate::support::").replace(SUPPORT, &format!("{ident}::support::"));
    Cut { text, modules }
}

/// Where the files of a file's modules are.
fn folder_of_modules(path: &str) -> Option<String> {
    let is_root = path == "lib.rs" || path.ends_with("/mod.rs");
    let folder = if is_root { Path::new(path).parent()?.to_owned() } else { Path::new(path).with_extension("") };
    Some(folder.to_string_lossy().into_owned()).filter(|folder| !folder.is_empty())
}

/// Removes an attribute wherever it stands, and with it what it stands before, unless that `stays`. Returns what is
/// gone.
fn resolve(text: &mut String, attribute: &str, stays: bool) -> Vec<String> {
    let mut removed = Vec::new();
    while let Some(start) = text.find(attribute) {
        let after = start + attribute.len();
        if stays {
            text.replace_range(start..after, "");
            continue;
        }
        let end = after + item_length(&Rust::read(text).code[after..]);
        removed.push(text[after..end].to_owned());
        text.replace_range(start..end, "");
    }
    removed
}

/// The length of the item, statement or field that code begins with.
fn item_length(code: &str) -> usize {
    let mut depth = 0_usize;
    for (place, character) in code.char_indices() {
        match character {
            '(' | '[' | '{' => depth += 1,
            '}' if depth == 1 => return place + 1,
            ')' | ']' | '}' if depth == 0 => return place,
            ')' | ']' | '}' => depth -= 1,
            ';' | ',' if depth == 0 => return place + 1,
            _ => {}
        }
    }
    code.len()
}
