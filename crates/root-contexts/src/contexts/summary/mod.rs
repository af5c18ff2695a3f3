//! Summaries of a conversation. The one that needs nothing is extractive: it says nothing that was not said, and tells by whom and
//! where.

pub mod model;
pub mod rank;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    compaction::Condensed,
    insights::{Insight, MAX_INSIGHT_CHARS, cut},
    model::Role,
    sentences::sentences,
};

/// Sentences that are compared with each other; of a longer conversation, the newest and all insights.
pub const MAX_SENTENCES: usize = 400;

/// One sentence of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Position of its message.
    pub position: u32,
    /// Who said it.
    pub role: Role,
    /// What was said.
    pub text: String,
    /// Whether it is one of the context's insights.
    pub is_insight: bool,
}

/// A sentence that was chosen.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Picked {
    /// Position of the message that it comes from.
    pub position: u32,
    /// Who said it.
    pub role: Role,
    /// The sentence, as it was said.
    pub text: String,
    /// How much it says about the others: 1 on average, and more for an insight, the first and the last.
    pub score: f64,
    /// Whether it is one of the context's insights.
    pub is_insight: bool,
}

/// A summary.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The text.
    pub text: String,
    /// The sentences that it consists of, in the order of the conversation; empty where a model has put it in its own
    /// words.
    pub sentences: Vec<Picked>,
}

/// Why there is no summary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SummaryError(pub String);

/// Makes a summary out of what was said.
#[async_trait]
pub trait Summarizer: Send + Sync {
    /// How it works, in one word: `extractive`, or `abstractive` for a model.
    fn method(&self) -> &'static str;

    /// What made the summary, for people.
    fn made_by(&self) -> String;

    /// A summary of at most `most` sentences.
    ///
    /// # Errors
    /// What makes it is not there, or has failed.
    async fn summarize(&self, said: Vec<Sentence>, most: usize) -> Result<Summary, SummaryError>;
}

/// Chooses sentences by [`rank`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Extractive;

#[async_trait]
impl Summarizer for Extractive {
    fn method(&self) -> &'static str {
        "extractive"
    }

    fn made_by(&self) -> String {
        "TextRank over the sentences, with a bonus for insights, the first and the last".to_owned()
    }

    async fn summarize(&self, said: Vec<Sentence>, most: usize) -> Result<Summary, SummaryError> {
        // Some hundred thousand comparisons: not on a thread that answers others.
        let picking = tokio::task::spawn_blocking(move || rank::pick(&said, most));
        let sentences = picking.await.map_err(|error| SummaryError(error.to_string()))?;
        let text: Vec<&str> = sentences.iter().map(|sentence| sentence.text.as_str()).collect();
        Ok(Summary { text: text.join(" "), sentences })
    }
}

/// A message to be summarized; one that stands for others carries what is left of them.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its place.
    pub position: u32,
    /// Who said it.
    pub role: Role,
    /// What was said.
    pub content: String,
    /// What is left of the messages that it stands for.
    pub condensed: Option<Condensed>,
}

/// The sentences of a conversation, in its order, at most [`MAX_SENTENCES`]: the newest, and all insights. What is left
/// of condensed messages comes with the positions that those had.
pub fn sentences_of(said: &[Said], insights: &[Insight]) -> Vec<Sentence> {
    let mut all: Vec<(usize, Sentence)> = Vec::new();
    // The newest first, so that no more messages are cut into sentences than are looked at.
    for message in said.iter().rev() {
        match &message.condensed {
            Some(condensed) => {
                let kept = insights.iter().filter(|insight| insight.position <= condensed.last_position);
                all.extend(kept.map(|insight| (0, kept_sentence(insight))));
                all.extend(condensed.gist.iter().map(|gist| {
                    (
                        0,
                        Sentence {
                            position: gist.position,
                            role: gist.role,
                            text: gist.text.clone(),
                            is_insight: false,
                        },
                    )
                }));
            }
            None => {
                let own: Vec<&Insight> =
                    insights.iter().filter(|insight| insight.position == message.position).collect();
                if all.len() >= MAX_SENTENCES {
                    all.extend(own.into_iter().map(|insight| (0, kept_sentence(insight))));
                    continue;
                }
                all.extend(sentences(&message.content).into_iter().map(one_line).enumerate().map(|(at, text)| {
                    let shown = cut(&text, MAX_INSIGHT_CHARS);
                    let is_insight = own.iter().any(|insight| insight.text == shown);
                    (at, Sentence { position: message.position, role: message.role, text, is_insight })
                }));
            }
        }
    }
    all.sort_by_key(|(at, sentence)| (sentence.position, *at));
    let mut too_many = all.len().saturating_sub(MAX_SENTENCES);
    all.retain(|(_, sentence)| {
        let goes = too_many > 0 && !sentence.is_insight;
        too_many -= usize::from(goes);
        !goes
    });
    all.truncate(MAX_SENTENCES);
    all.into_iter().map(|(_, sentence)| sentence).collect()
}

fn kept_sentence(insight: &Insight) -> Sentence {
    Sentence { position: insight.position, role: insight.role, text: insight.text.clone(), is_insight: true }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contexts::insights::insights;

    #[test]
    fn of_a_long_conversation_the_newest_and_all_insights_count() {
        let content = |number: u32| match number {
            3 => "We decided early. And so on.".to_owned(),
            _ => format!("Sentence {number} a. Sentence {number} b."),
        };
        let said: Vec<Said> = (1..=1000)
            .map(|position| Said { position, role: Role::User, content: content(position), condensed: None })
            .collect();
        let kept = insights(3, Role::User, &content(3));
        let all = sentences_of(&said, &kept);
        assert_eq!(all.len(), MAX_SENTENCES);
        assert_eq!((all[0].position, all[0].is_insight, all[1].position), (3, true, 801));
        assert_eq!(all.last().map(|last| last.text.as_str()), Some("Sentence 1000 b."));
        assert_eq!(sentences_of(&said[..3], &kept)[4].text, "We decided early.");
    }
}
