//! The text that the embedded model learns from, written for it.

/// Pieces by topic. A line `----` stands between two pieces.
const TOPICS: [&str; 1] = [include_str!("corpus/servers.txt")];

/// All of it.
pub(super) fn training() -> String {
    TOPICS.join("\n----\n")
}

/// Text on the same topics that no model is trained on.
#[cfg(test)]
pub(super) const HELD_OUT: &str = include_str!("corpus/held-out.txt");
