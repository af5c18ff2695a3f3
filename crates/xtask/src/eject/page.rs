//! The lesson's page, without what is true in the workspace only.

use crate::workspace::Lesson;

/// Links and commands fit the crate of its own; exercises stay in the workspace; the last section says where it came
/// from, and keeps what it said about licences.
pub(super) fn standalone(page: &str, lesson: &Lesson) -> String {
    let Lesson { folder, facts, .. } = lesson;
    let mut text = String::new();
    let mut licence = false;
    let mut heading = "";
    let mut in_code = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if let Some(next) = line.strip_prefix("## ").filter(|_| !in_code) {
            heading = next.trim();
            if heading == "Take it with you" {
                text.push_str(&format!(
                    "## Where it comes from\n\nFrom lesson {} of a course of MCP servers, taken out with `cargo xtask \
                     eject {folder}`. `src/support/` holds what\nthe course's servers share.\n\n",
                    facts.number
                ));
            }
        }
        licence = !line.is_empty() && (licence || line.starts_with("The licence "));
        if heading == "Exercises" || (heading == "Take it with you" && !licence) {
            continue;
        }
        text.push_str(&without_links_outside(line));
        text.push('\n');
    }
    let text = text.replace(&format!("--path crates/{folder}"), "--path .");
    text.replace(&format!("crates/{folder}/"), "").trim_end().to_owned() + "\n"
}

/// Links that lead out of the crate become their text.
fn without_links_outside(line: &str) -> String {
    let mut line = line.to_owned();
    while let Some(middle) = line.find("](../") {
        let (Some(start), Some(length)) = (line[..middle].rfind('['), line[middle..].find(')')) else { break };
        let name = line[start + 1..middle].to_owned();
        line.replace_range(start..=middle + length, &name);
    }
    line
}
