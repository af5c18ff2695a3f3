//! The way of one request: rate, form, choice, redaction, budget, approval, the model, approval again. What ends early
//! ends with a reason, and every decision is written down before it is carried out.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use mcp_support::llm::{ChatReply, ModelError, ToolCall, ToolChoice};
use tokio::sync::Semaphore;

use super::{
    audit::{Audit, Entry},
    budget::{Budget, Reservation},
    check::Asked,
    choice::{Choice, choose},
    denied::{Denied, Rejection},
    models::Model,
    prompt::{Chat, Prompt},
    redact::Redactor,
    review::{Draft, Reviewer, Sheet, Verdict},
};
use crate::completer::stop_reason;

/// Most requests at a time, with those that wait.
pub(super) const QUEUE: usize = 32;
/// How long a request may wait for those before it: as long as servers wait for people.
const MAX_WAIT: Duration = Duration::from_secs(600);
/// Most edits of one text.
const MAX_EDITS: usize = 50;
/// Most bytes of an answer, with its tool calls.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// Everything that has a say.
pub(super) struct Desk {
    /// In the host's own order.
    pub(super) models: Vec<Model>,
    pub(super) budget: Budget,
    pub(super) audit: Audit,
    pub(super) reviewer: Arc<dyn Reviewer>,
    /// Whether secrets and personal data are taken out of prompts.
    pub(super) redact: bool,
    /// Whether they are put back into what the server gets.
    pub(super) restore: bool,
    /// How long a model may take.
    pub(super) timeout: Duration,
    /// Requests that are here at all: the rest is refused. One round of 2026-07-28 brings several at once.
    pub(super) queue: Semaphore,
    /// Requests that are worked on at a time: the others wait in the queue.
    pub(super) slots: Semaphore,
    pub(super) count: AtomicU64,
}

/// Who asks, and what for.
pub(super) struct Asker {
    /// The host's own name for the server.
    pub(super) key: String,
    /// For a person: with what the server calls itself.
    pub(super) title: String,
    /// The call of this host that is under way.
    pub(super) purpose: Option<String>,
}

/// What the server gets.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) tool_calls: Vec<ToolCall>,
    pub(super) stop_reason: String,
    pub(super) model: String,
}

impl Desk {
    /// Answers a request, or says why not. `read` reads it, `withdrawn` ends when the server does not want it any more.
    pub(super) async fn answer(
        &self,
        asker: &Asker,
        read: impl FnOnce() -> Result<Asked, Denied> + Send,
        withdrawn: impl Future<Output = ()> + Send,
    ) -> Result<Answer, Denied> {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let started = Instant::now();
        let mut entry = Entry { server: asker.key.clone(), request: number, stage: "prompt", ..Entry::default() };
        let result = tokio::select! {
            () = withdrawn => Err(Denied::Withdrawn),
            result = self.decide(asker, read, &mut entry, started) => result,
        };
        if let Err(denied) = &result {
            entry.decision = denied.word();
            self.write(&entry, started).await?;
        }
        result
    }

    async fn decide(
        &self,
        asker: &Asker,
        read: impl FnOnce() -> Result<Asked, Denied> + Send,
        entry: &mut Entry,
        started: Instant,
    ) -> Result<Answer, Denied> {
        let busy = |_| Denied::Unavailable("this host is busy with other requests; try again".to_owned());
        let _place = self.queue.try_acquire().map_err(busy)?;
        self.budget.admit(&asker.key)?;
        let purpose = asker.purpose.as_deref().ok_or(Denied::Uncalled)?;
        let asked = read()?;
        entry.prompt_sha256 = Some(asked.prompt.fingerprint());
        let slot = tokio::time::timeout(MAX_WAIT, self.slots.acquire()).await;
        let late = || Denied::Unavailable("this host is busy with other requests, and gave this one up".to_owned());
        let _slot = slot.ok().and_then(Result::ok).ok_or_else(late)?;
        let cards: Vec<_> = self.models.iter().map(|model| model.card.clone()).collect();
        let choice = choose(&cards, &asked.preferences, &asked.prompt.chat.0).map_err(Denied::Invalid)?;
        let model = &self.models[choice.index];
        entry.model = Some(model.card.name.clone());

        let mut redactor = Redactor::new(self.redact);
        // A long text takes a while: not on the threads that hold connections.
        let redacting = tokio::task::spawn_blocking(move || {
            let Prompt { chat, task } = &asked.prompt;
            let prompt = Prompt { chat: Chat(redactor.chat(&chat.0)), task: redactor.task(task) };
            (redactor, prompt)
        });
        let failed = |error| Denied::Unavailable(format!("this host cannot redact: {error}"));
        let (mut redactor, mut prompt) = redacting.await.map_err(failed)?;
        let mut reservation = self.agree(asker, purpose, model, &choice, &mut prompt, &mut redactor, entry).await?;
        self.write(entry, started).await?;

        reservation.begin();
        let reply = self.ask(model, &prompt, reservation).await?;
        entry.stage = "completion";
        entry.input_tokens = Some(reply.usage.input_tokens);
        entry.output_tokens = Some(reply.usage.output_tokens);
        let answer = self.release(reply, &redactor, entry).await?;
        self.write(entry, started).await?;
        Ok(answer)
    }

    /// Shows the prompt until it is approved as it is, with its tokens held.
    #[expect(clippy::too_many_arguments, reason = "each is a part of what is shown or changed")]
    async fn agree(
        &self,
        asker: &Asker,
        purpose: &str,
        model: &Model,
        choice: &Choice,
        prompt: &mut Prompt,
        redactor: &mut Redactor,
        entry: &mut Entry,
    ) -> Result<Reservation, Denied> {
        entry.decision = self.reviewer.approval();
        for _ in 0..MAX_EDITS {
            entry.redacted = redactor.counts().clone();
            entry.sent_sha256 = Some(prompt.fingerprint());
            let reservation = self.budget.reserve(&asker.key, prompt.most_tokens(), model.price)?;
            let redacted = redactor.summary();
            let sheet = Sheet {
                number: entry.request,
                server: &asker.title,
                purpose,
                model: &model.card.name,
                reason: &choice.reason,
                prompt,
                redacted: &redacted,
            };
            match self.reviewer.prompt(&sheet).await {
                Verdict::Approved => return Ok(reservation),
                Verdict::Edited(edit) => {
                    prompt.apply(edit, redactor);
                    entry.decision = "edited";
                }
                Verdict::Refused(rejection) => return Err(Denied::Rejected(rejection)),
            }
        }
        Err(Denied::Rejected(Rejection::Person))
    }

    /// Asks the model. What it used counts, whatever becomes of its answer.
    async fn ask(&self, model: &Model, prompt: &Prompt, reservation: Reservation) -> Result<ChatReply, Denied> {
        let reply = match tokio::time::timeout(self.timeout, model.answers.answer(prompt)).await {
            Ok(Ok(reply)) => reply,
            // Nothing was computed, so nothing is owed.
            Ok(Err(error @ (ModelError::Request { .. } | ModelError::Unauthorized { .. }))) => {
                reservation.settle(0);
                return Err(Denied::Model(error.to_string()));
            }
            Ok(Err(error)) => return Err(Denied::Model(error.to_string())),
            Err(_) => return Err(Denied::Model(format!("nothing within {} s", self.timeout.as_secs()))),
        };
        reservation.settle(reply.usage.input_tokens + reply.usage.output_tokens);
        sound(&reply, prompt).map_err(Denied::Model)?;
        Ok(reply)
    }

    /// Shows the completion until it is approved as it is.
    async fn release(&self, reply: ChatReply, redactor: &Redactor, entry: &mut Entry) -> Result<Answer, Denied> {
        let mut draft = Draft {
            number: entry.request,
            model: reply.model,
            text: reply.text,
            tool_calls: reply.tool_calls,
            stop_reason: stop_reason(reply.stop_reason).to_owned(),
            tokens: (reply.usage.input_tokens, reply.usage.output_tokens),
        };
        if self.restore {
            draft.text = redactor.restore(&draft.text);
            for call in &mut draft.tool_calls {
                call.arguments = redactor.restore_value(&call.arguments);
            }
        }
        entry.decision = self.reviewer.approval();
        for _ in 0..MAX_EDITS {
            match self.reviewer.completion(&draft).await {
                Verdict::Approved => {
                    let Draft { text, tool_calls, stop_reason, model, .. } = draft;
                    return Ok(Answer { text, tool_calls, stop_reason, model });
                }
                Verdict::Edited(text) => {
                    draft.text = text;
                    entry.decision = "edited";
                }
                Verdict::Refused(rejection) => return Err(Denied::Rejected(rejection)),
            }
        }
        Err(Denied::Rejected(Rejection::Person))
    }

    async fn write(&self, entry: &Entry, started: Instant) -> Result<(), Denied> {
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.audit.write(Entry { duration_ms, ..entry.clone() }).await.map_err(|error| {
            tracing::error!(%error, "cannot write to the audit file");
            Denied::Unavailable("this host cannot keep its audit trail, and answers nothing without".to_owned())
        })
    }
}

/// Models make mistakes: what was not asked for does not go to the server.
fn sound(reply: &ChatReply, prompt: &Prompt) -> Result<(), String> {
    let chat = &prompt.chat.0;
    let most = u64::from(chat.sampling.max_tokens.unwrap_or(u32::MAX));
    if reply.usage.output_tokens > most {
        return Err(format!("it wrote {} tokens, and {most} were allowed", reply.usage.output_tokens));
    }
    let calls = &reply.tool_calls;
    let bytes = reply.text.len() + calls.iter().map(|call| call.arguments.to_string().len()).sum::<usize>();
    if bytes > MAX_ANSWER_BYTES {
        return Err(format!("it wrote {bytes} bytes, and {MAX_ANSWER_BYTES} are allowed"));
    }
    if reply.text.trim().is_empty() && calls.is_empty() {
        return Err("it wrote nothing".to_owned());
    }
    if calls.iter().any(|call| !chat.tools.iter().any(|tool| tool.name == call.name)) {
        return Err("it called a tool that was not offered".to_owned());
    }
    if calls.iter().any(|call| !call.arguments.is_object()) {
        return Err("it called a tool with something else than an object".to_owned());
    }
    let twice = |(index, call): (usize, &ToolCall)| calls[..index].iter().any(|other| other.id == call.id);
    if calls.iter().enumerate().any(twice) {
        return Err("two of its tool calls have the same id".to_owned());
    }
    match chat.tool_choice {
        ToolChoice::None if !calls.is_empty() => Err("it called a tool although it must not".to_owned()),
        ToolChoice::Required if calls.is_empty() && !chat.tools.is_empty() => {
            Err("it called no tool although it must".to_owned())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
