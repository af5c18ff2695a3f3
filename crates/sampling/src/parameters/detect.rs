//! Which kind of text a prompt asks for, when the caller does not say: by the weight of all its words, not by the first
//! one that is known.

use unicode_segmentation::UnicodeSegmentation;

use super::TaskType;

/// Words that speak for a kind, and how loudly.
const TERMS: [(TaskType, &[(&str, u32)]); 5] = [
    (
        TaskType::Creative,
        &[
            ("story", 3),
            ("poem", 4),
            ("imagine", 3),
            ("haiku", 4),
            ("song", 3),
            ("invent", 2),
            ("slogan", 3),
            ("tale", 3),
            ("fiction", 3),
            ("creative", 3),
            ("brainstorm", 3),
            ("character", 1),
            ("write", 1),
        ],
    ),
    (
        TaskType::Factual,
        &[
            ("what", 1),
            ("when", 2),
            ("who", 2),
            ("where", 2),
            ("capital", 2),
            ("define", 3),
            ("definition", 3),
            ("fact", 3),
            ("facts", 3),
            ("date", 1),
            ("year", 1),
            ("many", 1),
            ("true", 1),
            ("meaning", 2),
        ],
    ),
    (
        TaskType::Code,
        &[
            ("code", 3),
            ("function", 3),
            ("rust", 3),
            ("python", 3),
            ("javascript", 3),
            ("sql", 3),
            ("bug", 2),
            ("compile", 3),
            ("refactor", 4),
            ("regex", 3),
            ("script", 2),
            ("algorithm", 2),
            ("implement", 2),
            ("unit", 1),
            ("test", 1),
            ("class", 1),
            ("api", 1),
        ],
    ),
    (
        TaskType::Analytical,
        &[
            ("analyze", 4),
            ("analyse", 4),
            ("compare", 4),
            ("evaluate", 3),
            ("pros", 3),
            ("cons", 3),
            ("trend", 3),
            ("why", 2),
            ("cause", 2),
            ("impact", 2),
            ("risk", 2),
            ("assess", 3),
            ("difference", 2),
            ("report", 1),
        ],
    ),
    (
        TaskType::Conversational,
        &[
            ("hello", 4),
            ("hi", 4),
            ("hey", 4),
            ("thanks", 4),
            ("thank", 3),
            ("please", 1),
            ("chat", 3),
            ("talk", 2),
            ("feel", 2),
            ("you", 1),
            ("your", 1),
            ("me", 1),
        ],
    ),
];

/// The kind with the highest score, and the scores of all. Nothing known, or a draw: `Conversational`.
pub fn detect(prompt: &str) -> (TaskType, [(TaskType, u32); 5]) {
    let words: Vec<String> = prompt.unicode_words().map(str::to_lowercase).collect();
    let scores = TERMS.map(|(kind, terms)| {
        let score = |(term, weight): &(&str, u32)| if words.iter().any(|word| word == term) { *weight } else { 0 };
        (kind, terms.iter().map(score).sum())
    });
    let best = scores.iter().map(|(_, score)| *score).max().unwrap_or_default();
    let mut winners = scores.iter().filter(|(_, score)| *score == best && best > 0);
    match (winners.next(), winners.next()) {
        (Some((kind, _)), None) => (*kind, scores),
        _ => (TaskType::Conversational, scores),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_count() {
        for (prompt, expected) in [
            ("Write a poem about the sea", TaskType::Creative),
            ("Write a function in Rust that reverses a list", TaskType::Code),
            // The first known word is one of another kind.
            ("Tell me the story of why sales fell: compare the risk and evaluate the trend", TaskType::Analytical),
            ("When was the year of the first facts?", TaskType::Factual),
            ("Hello there, thanks", TaskType::Conversational),
            ("", TaskType::Conversational),
            ("zzz", TaskType::Conversational),
            // Words, not parts of words.
            ("The apiary decoded", TaskType::Conversational),
        ] {
            assert_eq!(detect(prompt).0, expected, "{prompt}");
        }
    }
}
