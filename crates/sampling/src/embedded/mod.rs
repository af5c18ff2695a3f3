//! What a model of a few thousand words can do honestly: it writes what sounds like English, and for everything else
//! it chooses among what the caller's text holds.

mod judgement;
mod labels;
mod summary;
mod tools;
mod values;
mod words;

use std::{collections::HashMap, sync::LazyLock, time::Duration};

use mcp_support::llm::{
    ChatModel, ChatReply, ChatRequest, Message, ModelError, Sampling, StopReason, ToolChoice, Usage, embedded::Embedded,
};
use serde_json::Value;
use tokio::sync::Semaphore;
use unicode_segmentation::UnicodeSegmentation;

use crate::task::Task;

/// Most bytes of a conversation that something is chosen from.
const MOST_BYTES: usize = 200_000;
/// Choices at a time. Each keeps a core busy, for some milliseconds or some tenths of a second.
static PLACES: Semaphore = Semaphore::const_new(4);
/// How long a choice may wait for its place.
const PATIENCE: Duration = Duration::from_secs(20);

/// The small model of this process, or of a host.
#[derive(Debug, Clone)]
pub struct SmallModel {
    ngram: &'static Embedded,
}

impl Default for SmallModel {
    fn default() -> Self {
        Self::new()
    }
}

impl SmallModel {
    /// Trained at the first call.
    pub fn new() -> Self {
        Self { ngram: Embedded::shared() }
    }

    /// What it is, for people.
    pub fn title(&self) -> String {
        self.ngram.title()
    }

    /// Answers `chat` as `task` asks for it.
    ///
    /// # Errors
    /// The request is at fault: a setting out of its range, or a text without what is asked for.
    pub async fn answer(&self, task: &Task, chat: &ChatRequest) -> Result<ChatReply, ModelError> {
        if *task == Task::Continue {
            return self.ngram.chat(chat).await;
        }
        chat.sampling.check().map_err(|error| self.refused(error.to_string()))?;
        if chat.messages.iter().map(|message| message_text(message).len()).sum::<usize>() > MOST_BYTES {
            return Err(self.refused(format!("the text is longer than {MOST_BYTES} bytes")));
        }
        let place = tokio::time::timeout(PATIENCE, PLACES.acquire()).await;
        let Ok(Ok(place)) = place else {
            let reason = "others are keeping it busy".to_owned();
            return Err(ModelError::Unavailable { model: "the embedded model".to_owned(), reason });
        };
        let (model, task, chat) = (self.clone(), task.clone(), chat.clone());
        // Not for the threads that serve connections. The place is held until the work ends, also when nobody waits for
        // it any more.
        let chosen = tokio::task::spawn_blocking(move || {
            let _place = place;
            model.choose(&task, &chat)
        })
        .await;
        let failed = |error| ModelError::Unavailable { model: self.title(), reason: format!("it broke off: {error}") };
        chosen.map_err(failed)?
    }

    fn choose(&self, task: &Task, chat: &ChatRequest) -> Result<ChatReply, ModelError> {
        match task {
            Task::Continue => Err(self.refused("a text that goes on is written, not chosen".to_owned())),
            Task::Summarize { text, max_words } => {
                self.reply(summary::summary(text, *max_words, surprise_of_word), "extractive", chat)
            }
            Task::Classify { text, labels } => match labels::label(text, labels) {
                Some(vote) => {
                    tracing::debug!(vote.label, vote.share, "chose a label");
                    self.reply(vote.label, "word counts", chat)
                }
                None => Err(self
                    .refused("the text holds no word that speaks for one label more than for the others".to_owned())),
            },
            Task::Extract { text, schema } => {
                self.reply(Value::Object(values::values(text, schema)).to_string(), "patterns", chat)
            }
            Task::Critique { text, rubric } => {
                let judged = judgement::judgement(text, rubric, |sentence| self.surprise_of_sentence(sentence));
                self.reply(judged.to_string(), "measures", chat)
            }
            Task::Answer { question } => self.answer_with_tools(question, chat),
        }
    }

    fn answer_with_tools(&self, question: &str, chat: &ChatRequest) -> Result<ChatReply, ModelError> {
        let has_results = chat.messages.iter().any(|message| matches!(message, Message::ToolResult { .. }));
        let call = if has_results || chat.tool_choice == ToolChoice::None {
            None
        } else {
            tools::call(question, &chat.tools, chat.messages.len())
        };
        match call {
            Some(call) => {
                let mut reply = self.reply(String::new(), "word counts", chat)?;
                reply.tool_calls = vec![call];
                reply.stop_reason = StopReason::ToolUse;
                Ok(reply)
            }
            None if chat.tool_choice == ToolChoice::Required && !has_results => {
                Err(self.refused("no tool fits the question, and one is required".to_owned()))
            }
            None => self.reply(tools::conclusion(&chat.messages), "tool results", chat),
        }
    }

    /// How unexpected the words of a sentence are, on average, in nats.
    fn surprise_of_sentence(&self, sentence: &str) -> f64 {
        self.ngram.model().perplexity(sentence).ln()
    }

    /// An answer that was chosen by `method`, cut where `max_tokens` or a stop sequence says so.
    fn reply(&self, text: String, method: &str, chat: &ChatRequest) -> Result<ChatReply, ModelError> {
        let (text, stop_reason, output_tokens) = ended(text, &chat.sampling);
        let input_tokens = chat.messages.iter().map(|message| count(&message_text(message))).sum();
        Ok(ChatReply {
            text,
            tool_calls: Vec::new(),
            stop_reason,
            usage: Usage { input_tokens, output_tokens },
            model: format!("choice by {method}, not a language model"),
            // Nothing is drawn by chance here: no other setting applies.
            applied: Sampling {
                stop: chat.sampling.stop.clone(),
                max_tokens: chat.sampling.max_tokens,
                ..Sampling::default()
            },
        })
    }

    fn refused(&self, reason: String) -> ModelError {
        ModelError::Request { model: "the embedded model".to_owned(), reason }
    }
}

/// Cuts `text` before the first stop sequence, and after `max_tokens` words and marks.
fn ended(mut text: String, sampling: &Sampling) -> (String, StopReason, u64) {
    let mut reason = StopReason::EndTurn;
    let stops = sampling.stop.iter().filter(|stop| !stop.is_empty());
    if let Some(place) = stops.filter_map(|stop| text.find(stop.as_str())).min() {
        text.truncate(place);
        reason = StopReason::StopSequence;
    }
    let most = sampling.max_tokens.map_or(usize::MAX, |most| most as usize);
    let places = tokens(&text).map(|(place, token)| place + token.len());
    let ends: Vec<usize> = places.take(most.saturating_add(1)).collect();
    let written = ends.len().min(most);
    if ends.len() > most {
        text.truncate(if most == 0 { 0 } else { ends[most - 1] });
        reason = StopReason::MaxTokens;
    }
    (text, reason, written as u64)
}

fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_word_bound_indices().filter(|(_, token)| !token.trim().is_empty())
}

fn count(text: &str) -> u64 {
    tokens(text).count() as u64
}

fn message_text(message: &Message) -> String {
    match message {
        Message::System(text) | Message::Assistant { text, .. } | Message::ToolResult { text, .. } => text.clone(),
        Message::User(parts) => {
            let texts = parts.iter().filter_map(|part| match part {
                mcp_support::llm::Part::Text(text) => Some(text.as_str()),
                _ => None,
            });
            texts.collect::<Vec<_>>().join(" ")
        }
    }
}

/// How unexpected a word is, whatever stands before it, in nats.
fn surprise_of_word(word: &str) -> f64 {
    static KNOWN: LazyLock<HashMap<String, f64>> = LazyLock::new(|| {
        let mut known: HashMap<String, f64> = HashMap::new();
        for (token, probability) in Embedded::shared().model().distribution("") {
            *known.entry(token.to_lowercase()).or_default() += probability;
        }
        known
    });
    // What the model has never seen is as unexpected as the rarest word that it has.
    let rarest = KNOWN.values().copied().fold(1.0, f64::min).max(1e-6);
    -KNOWN.get(&word.to_lowercase()).copied().unwrap_or(rarest).max(rarest).ln()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_end_where_they_have_to() {
        let sampling = |stop: &[&str], max_tokens| Sampling {
            stop: stop.iter().map(|it| (*it).to_owned()).collect(),
            max_tokens,
            ..Sampling::default()
        };
        for (asked, text, reason, written) in [
            (sampling(&[], None), "One two, three.", StopReason::EndTurn, 5),
            (sampling(&[], Some(5)), "One two, three.", StopReason::EndTurn, 5),
            (sampling(&[], Some(3)), "One two,", StopReason::MaxTokens, 3),
            (sampling(&["two"], None), "One ", StopReason::StopSequence, 1),
            (sampling(&["three", "two"], None), "One ", StopReason::StopSequence, 1),
        ] {
            assert_eq!(ended("One two, three.".to_owned(), &asked), (text.to_owned(), reason, written), "{asked:?}");
        }
    }

    #[tokio::test]
    async fn a_question_goes_to_the_tool_that_fits_and_its_result_into_the_answer() {
        let model = SmallModel::new();
        let question = "How much is 17 * 3?".to_owned();
        let calculator = mcp_support::llm::Tool {
            name: "calculator".to_owned(),
            description: "How much is an expression".to_owned(),
            parameters: json!({"type": "object", "required": ["expression"], "properties": {
                "expression": {"type": "string", "pattern": "^[0-9+*/(). -]+$"}}}),
        };
        let mut chat = ChatRequest {
            messages: vec![Message::user(question.clone())],
            tools: vec![calculator],
            ..ChatRequest::default()
        };
        let task = Task::Answer { question };
        let first = model.answer(&task, &chat).await.expect("an answer");
        assert_eq!(first.stop_reason, StopReason::ToolUse);
        assert_eq!(first.tool_calls[0].arguments, json!({"expression": "17 * 3"}));
        chat.messages.push(Message::Assistant { text: String::new(), tool_calls: first.tool_calls.clone() });
        let id = first.tool_calls[0].id.clone();
        chat.messages.push(Message::ToolResult { call_id: id, text: "51".to_owned(), is_error: false });
        let second = model.answer(&task, &chat).await.expect("an answer");
        assert_eq!((second.text.as_str(), second.tool_calls.len()), ("51 (from calculator)", 0));
    }
}
