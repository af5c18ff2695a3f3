//! The embedded model as a [`ChatModel`]: it continues the last message.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    sync::{Semaphore, mpsc},
    task::spawn_blocking,
    time::timeout,
};

use super::{
    corpus,
    ngram::{NgramModel, history},
    sampler::{Ending, Sampler},
    vocabulary::{END, TokenId, UNKNOWN},
};
use crate::llm::{
    ChatModel, ChatReply, ChatRequest, Message, ModelError, Part, Sampling, StopReason, ToolChoice, Usage,
};

/// Length of the n-grams. Longer ones would only copy the little text that there is.
const ORDER: usize = 3;
/// Tokens of an answer where the request does not say.
const DEFAULT_TOKENS: u32 = 128;
/// Most tokens of an answer, whatever the request says.
const MOST_TOKENS: u32 = 1024;
/// Most bytes of a conversation.
const MOST_BYTES: usize = 1024 * 1024;
/// Answers at a time. Each keeps a core busy.
const PLACES: usize = 4;
/// How long an answer may wait for its place.
const PATIENCE: Duration = Duration::from_secs(20);

/// A small language model that continues the last user message, word by word.
///
/// It knows no roles and no tools: of the conversation, the last user message counts, and tools are never called.
#[derive(Debug, Clone)]
pub struct Embedded {
    model: Arc<NgramModel>,
    trained_on: usize,
    places: Arc<Semaphore>,
}

impl Embedded {
    /// The model that is trained on the text of this crate, once in a process, when it is first asked for: best at start,
    /// since it takes some milliseconds (20 without optimization).
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Embedded> = LazyLock::new(|| Embedded::train(&corpus::training()));
        &SHARED
    }

    /// A model of a text of your own. A line `----` stands between two texts.
    pub fn train(text: &str) -> Self {
        let model = Arc::new(NgramModel::train(text, ORDER));
        Self { model, trained_on: text.len(), places: Arc::new(Semaphore::new(PLACES)) }
    }

    /// What says how probable a token is.
    pub fn model(&self) -> &NgramModel {
        &self.model
    }

    fn name(&self) -> String {
        format!("ngram-{}", self.model.order())
    }

    /// The settings with every default filled in, so that the same settings give the same answer again.
    fn applied(&self, asked: &Sampling) -> Result<Sampling, ModelError> {
        asked.check().map_err(|error| self.refused(&error.to_string()))?;
        Ok(Sampling {
            temperature: Some(asked.temperature.unwrap_or(1.0)),
            top_p: Some(asked.top_p.unwrap_or(1.0)),
            // No limit has no number.
            top_k: asked.top_k,
            frequency_penalty: Some(asked.frequency_penalty.unwrap_or(0.0)),
            presence_penalty: Some(asked.presence_penalty.unwrap_or(0.0)),
            stop: asked.stop.clone(),
            max_tokens: Some(asked.max_tokens.unwrap_or(DEFAULT_TOKENS).min(MOST_TOKENS)),
            // Small enough for every JSON reader.
            seed: Some(asked.seed.unwrap_or_else(|| rand::random::<u32>().into())),
        })
    }

    fn refused(&self, reason: &str) -> ModelError {
        ModelError::Request { model: self.title(), reason: reason.to_owned() }
    }

    /// The texts of the conversation, and the one to continue.
    fn texts<'a>(&self, request: &'a ChatRequest) -> Result<(Vec<&'a str>, String), ModelError> {
        let (mut texts, mut last) = (Vec::new(), None);
        for message in &request.messages {
            match message {
                Message::System(text) | Message::Assistant { text, .. } | Message::ToolResult { text, .. } => {
                    texts.push(text.as_str());
                }
                Message::User(parts) => {
                    let before = texts.len();
                    for part in parts {
                        let Part::Text(text) = part else {
                            return Err(self.refused("it reads text, and neither pictures nor sounds"));
                        };
                        texts.push(text);
                    }
                    last = Some(texts[before..].join("\n"));
                }
            }
        }
        if texts.iter().map(|text| text.len()).sum::<usize>() > MOST_BYTES {
            return Err(self.refused(&format!("the conversation is longer than {MOST_BYTES} bytes")));
        }
        let last = last.ok_or_else(|| self.refused("there is no user message that it could continue"))?;
        Ok((texts, last))
    }
}

#[async_trait]
impl ChatModel for Embedded {
    fn title(&self) -> String {
        let (name, size) = (self.name(), self.trained_on.div_ceil(1000));
        format!("{name} (embedded; trained at start on {size} KB; not a large language model)")
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ModelError> {
        self.stream(request, &mut |_| {}).await
    }

    async fn stream(
        &self,
        request: &ChatRequest,
        piece: &mut (dyn for<'a> FnMut(&'a str) + Send),
    ) -> Result<ChatReply, ModelError> {
        if request.tool_choice == ToolChoice::Required {
            return Err(self.refused("it cannot call tools, and the request requires that it does"));
        }
        let applied = self.applied(&request.sampling)?;
        let sampler = Sampler::new(&applied).map_err(|error| self.refused(&error.to_string()))?;
        let (texts, prompt) = self.texts(request)?;
        let input: Vec<String> = texts.into_iter().map(str::to_owned).collect();
        let place = timeout(PATIENCE, Arc::clone(&self.places).acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            let reason = format!("{PLACES} other answers took longer than {} s", PATIENCE.as_secs());
            return Err(ModelError::Unavailable { model: self.title(), reason });
        };
        let max_tokens = applied.max_tokens.unwrap_or(DEFAULT_TOKENS);
        let (pieces, mut told) = mpsc::channel(16);
        let writer = Writer { model: Arc::clone(&self.model), sampler, ending: Ending::new(&applied, max_tokens) };
        let work = spawn_blocking(move || {
            let _place = place;
            let input_tokens = input.iter().map(|text| writer.model.ids(text).len() as u64).sum();
            writer.write(&prompt, &pieces).map(|(ending, stop_reason)| {
                let usage = Usage { input_tokens, output_tokens: ending.tokens().into() };
                (ending.text().to_owned(), stop_reason, usage)
            })
        });
        while let Some(text) = told.recv().await {
            let text: String = text;
            piece(&text);
        }
        let Ok(Some((text, stop_reason, usage))) = work.await else {
            return Err(ModelError::Unavailable { model: self.title(), reason: "the work broke off".to_owned() });
        };
        Ok(ChatReply { text, tool_calls: Vec::new(), stop_reason, usage, model: self.name(), applied })
    }
}

/// One answer in the making.
struct Writer {
    model: Arc<NgramModel>,
    sampler: Sampler,
    ending: Ending,
}

impl Writer {
    /// Writes until there is a reason to stop, or until nobody listens any more.
    fn write(mut self, prompt: &str, pieces: &mpsc::Sender<String>) -> Option<(Ending, StopReason)> {
        let prompt = self.model.ids(prompt);
        let mut before = prompt.last().copied();
        let mut tokens = history(&prompt);
        let stop_reason = loop {
            let is_first = self.ending.tokens() == 0;
            let Some(token) = self.sampler.next(self.candidates(&tokens, is_first)) else { break StopReason::EndTurn };
            if token == END {
                break StopReason::EndTurn;
            }
            let text = self.model.written(before, token);
            let stop = self.ending.push(if is_first { text.trim_start() } else { &text });
            tokens.push(token);
            before = Some(token);
            if let Some(reason) = stop {
                break reason;
            }
            tell(pieces, self.ending.piece())?;
        };
        tell(pieces, self.ending.last_piece())?;
        Some((self.ending, stop_reason))
    }

    /// Every token that can be written, with its log-probability. An answer has at least one token.
    fn candidates(&self, tokens: &[TokenId], is_first: bool) -> Vec<(TokenId, f64)> {
        let probabilities = (0..).zip(self.model.probabilities(tokens));
        let can_be_written = |id: TokenId| id != UNKNOWN && !(is_first && id == END);
        probabilities.filter(|(id, _)| can_be_written(*id)).map(|(id, probability)| (id, probability.ln())).collect()
    }
}

/// Nothing if nobody listens.
fn tell(pieces: &mpsc::Sender<String>, piece: &str) -> Option<()> {
    if piece.is_empty() { (!pieces.is_closed()).then_some(()) } else { pieces.blocking_send(piece.to_owned()).ok() }
}

#[cfg(test)]
mod tests;
