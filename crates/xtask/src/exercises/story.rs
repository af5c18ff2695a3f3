//! The comment that an exercise begins with.

/// What a stub or a solution says at its top.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// Its first line.
    pub(super) title: String,
    /// `Hint:` paragraphs, on one line each.
    pub(super) hints: Vec<String>,
    /// The `Learned:` paragraph.
    pub(super) learned: Option<String>,
    /// The `Read on:` paragraph.
    pub(super) read_on: Option<String>,
}

impl Story {
    pub(super) fn of(text: &str) -> Self {
        let comment = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
        let mut paragraphs: Vec<String> = Vec::new();
        let mut goes_on = false;
        for line in comment {
            let begins = ["Hint:", "Learned:", "Read on:"].iter().any(|mark| line.starts_with(mark));
            match paragraphs.last_mut() {
                Some(last) if goes_on && !begins && !line.is_empty() => *last = format!("{last} {line}"),
                _ if !line.is_empty() => paragraphs.push(line.to_owned()),
                _ => {}
            }
            goes_on = !line.is_empty();
        }
        let starting = |mark: &str| paragraphs.iter().find(|paragraph| paragraph.starts_with(mark)).cloned();
        let hints = paragraphs.iter().filter_map(|paragraph| paragraph.strip_prefix("Hint:"));
        Self {
            title: paragraphs.first().cloned().unwrap_or_default(),
            hints: hints.map(|hint| hint.trim().to_owned()).collect(),
            learned: starting("Learned:"),
            read_on: starting("Read on:"),
        }
    }
}
