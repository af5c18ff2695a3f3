//! The text that the embedded model learns from, written for it.

/// Texts by topic. A line `----` stands between two of them.
const TOPICS: [&str; 8] = [
    include_str!("corpus/servers.txt"),
    include_str!("corpus/incidents.txt"),
    include_str!("corpus/support.txt"),
    include_str!("corpus/weather.txt"),
    include_str!("corpus/cooking.txt"),
    include_str!("corpus/stories.txt"),
    include_str!("corpus/money.txt"),
    include_str!("corpus/review.txt"),
];

/// The text that the embedded model is trained on: all topics.
pub fn training() -> String {
    TOPICS.join("\n----\n")
}

/// Texts on the same topics that no model is trained on, to measure one by.
pub const HELD_OUT: &str = include_str!("corpus/held-out.txt");
