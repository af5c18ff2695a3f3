//! Which of a node's open calls its progress and its log messages belong to.
#![expect(deprecated, reason = "SEP-2577: log messages of nodes are passed on")]

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use mcp_support::client::Revision;
use rmcp::model::{LoggingMessageNotificationParam, ProgressNotificationParam, ProgressToken};
use tokio::sync::mpsc;

use super::listener::Event;

/// Progress that is kept for calls which are not known yet.
const EARLY: usize = 64;
/// Longest message of such progress, in bytes.
const EARLY_MESSAGE: usize = 1024;

/// Who hears what a node says about a call.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) events: mpsc::Sender<Event>,
    /// Whether the caller has asked for log messages.
    pub(super) wants_logs: bool,
}

/// The calls that a node is working on.
#[derive(Clone, Default)]
pub(super) struct Calls(Arc<Shared>);

#[derive(Default)]
struct Shared {
    is_modern: AtomicBool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    open: HashMap<ProgressToken, Caller>,
    /// Those that are being sent, and have no token yet.
    begun: HashMap<u64, Caller>,
    last: u64,
    /// Progress may overtake the note of who has called.
    early: Vec<ProgressNotificationParam>,
}

/// A call that is being sent. Dropping it means that it was not.
pub(super) struct Begun {
    calls: Calls,
    number: u64,
}

impl Calls {
    /// The node speaks this revision.
    pub(super) fn speaks(&self, revision: Revision) {
        self.0.is_modern.store(revision == Revision::Modern, Ordering::Relaxed);
    }

    /// A call is about to be sent.
    pub(super) fn begin(&self, caller: Caller) -> Begun {
        let mut inner = self.lock();
        inner.last += 1;
        let number = inner.last;
        inner.begun.insert(number, caller);
        Begun { calls: self.clone(), number }
    }

    pub(super) fn forget(&self, token: &ProgressToken) {
        self.lock().open.remove(token);
    }

    pub(super) fn progress(&self, params: ProgressNotificationParam) {
        let mut inner = self.lock();
        match inner.open.get(&params.progress_token) {
            // A call that is behind hears of later progress.
            Some(call) => drop(call.events.try_send(Event::Progress(params))),
            // A token may be one that the node has made up.
            None if params.message.as_ref().is_some_and(|message| message.len() > EARLY_MESSAGE) => {}
            None => {
                if inner.early.len() >= EARLY {
                    inner.early.remove(0);
                }
                inner.early.push(params);
            }
        }
    }

    /// A log message names no call. It goes to the only one that can have caused it: in 2025-11-25 that may be any, in
    /// 2026-07-28 one that has asked for messages.
    pub(super) fn log(&self, params: LoggingMessageNotificationParam) {
        let is_modern = self.0.is_modern.load(Ordering::Relaxed);
        let inner = self.lock();
        let all = inner.open.values().chain(inner.begun.values());
        let mut possible = all.filter(|call| call.wants_logs || !is_modern);
        if let (Some(only), None) = (possible.next(), possible.next())
            && only.wants_logs
        {
            let _ = only.events.try_send(Event::Log(params));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Begun {
    /// The call was sent with this token.
    pub(super) fn sent(self, token: ProgressToken) {
        let mut inner = self.calls.lock();
        let Some(caller) = inner.begun.remove(&self.number) else { return };
        for progress in inner.early.extract_if(.., |progress| progress.progress_token == token) {
            let _ = caller.events.try_send(Event::Progress(progress));
        }
        inner.open.insert(token, caller);
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.calls.lock().begun.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::{LoggingLevel, NumberOrString};
    use serde_json::json;

    use super::*;

    fn log(calls: &Calls) {
        calls.log(LoggingMessageNotificationParam::new(LoggingLevel::Info, json!("said")));
    }

    #[test]
    fn a_log_message_goes_to_the_only_call_that_can_have_caused_it() {
        for (revision, expected) in [(Revision::Legacy, [1, 0, 0]), (Revision::Modern, [1, 1, 0])] {
            let calls = Calls::default();
            calls.speaks(revision);
            let (events, mut heard) = mpsc::channel(8);
            let (others, mut unheard) = mpsc::channel(8);
            let count = |heard: &mut mpsc::Receiver<Event>| std::iter::from_fn(|| heard.try_recv().ok()).count();
            let token = |number| ProgressToken(NumberOrString::Number(number));
            calls.begin(Caller { events: events.clone(), wants_logs: true }).sent(token(1));
            log(&calls);
            let mut seen = vec![count(&mut heard)];
            let other = calls.begin(Caller { events: others.clone(), wants_logs: false });
            log(&calls);
            seen.push(count(&mut heard));
            other.sent(token(2));
            let third = calls.begin(Caller { events: others, wants_logs: true });
            log(&calls);
            seen.push(count(&mut heard));
            assert_eq!(seen, expected, "{revision}");
            assert_eq!(count(&mut unheard), 0, "nobody hears of another's call");
            drop(third);
            calls.forget(&token(2));
            log(&calls);
            assert_eq!(count(&mut heard), 1, "{revision}: it is alone again");
        }
    }
}
