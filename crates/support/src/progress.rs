//! Progress of a call, as the specification wants it: only with the token that the request carried in `_meta`, always
//! increasing, at most ten a second, and never after the answer.

use std::time::{Duration, Instant};

use rmcp::{
    Peer, RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::RequestContext,
};
use tokio::sync::Mutex;

use crate::harden::Deadline;

const INTERVAL: Duration = Duration::from_millis(100);

/// Reports how far a call is. Cheap to call often; silent when the client did not ask.
///
/// Each report also moves the call's deadline: long work that moves is not slow work.
pub struct Progress {
    peer: Peer<RoleServer>,
    token: Option<ProgressToken>,
    deadline: Option<Deadline>,
    last: Mutex<Option<(Instant, f64)>>,
}

impl Progress {
    /// Progress of the call that `context` belongs to.
    pub fn new(context: &RequestContext<RoleServer>) -> Self {
        Self {
            peer: context.peer.clone(),
            // Spec(2025-11-25 and 2026-07-28, progress): the token comes from `_meta`, never from the request's id.
            token: context.meta.get_progress_token(),
            deadline: context.extensions.get::<Deadline>().cloned(),
            last: Mutex::new(None),
        }
    }

    /// True when the client asked to hear of progress.
    pub fn is_wanted(&self) -> bool {
        self.token.is_some()
    }

    /// Reports `done` of `total` units (`None` where nobody knows) with a short message. Reports that do not increase, or
    /// that follow the last one within 100 ms, are dropped (the last unit is never dropped for being too soon). Reports
    /// at once are told one after the other.
    pub async fn report(&self, done: f64, total: impl Into<Option<f64>>, message: impl Into<String>) {
        let total = total.into();
        if let Some(deadline) = &self.deadline {
            deadline.reset();
        }
        let Some(token) = &self.token else { return };
        // Held until it is sent: a later report must not overtake it.
        let mut last = self.last.lock().await;
        if !is_due(&mut last, done, total) {
            return;
        }
        let mut params = ProgressNotificationParam::new(token.clone(), done).with_message(message.into());
        params.total = total;
        // A client that has gone is noticed by the call itself.
        let _ = self.peer.notify_progress(params).await;
    }
}

fn is_due(last: &mut Option<(Instant, f64)>, done: f64, total: Option<f64>) -> bool {
    let now = Instant::now();
    let due = match *last {
        None => true,
        Some((at, value)) => {
            done > value && (now.duration_since(at) >= INTERVAL || total.is_some_and(|total| done >= total))
        }
    };
    if due {
        *last = Some((now, done));
    }
    due
}

#[cfg(test)]
mod tests {
    use rmcp::{
        ErrorData, ServerHandler, ServiceExt as _,
        model::{CallToolRequestParams, CallToolResponse, CallToolResult},
    };
    use serde_json::{Value, json};
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

    use super::*;
    use crate::client::PATIENCE;

    const CALLS: usize = 200;

    /// Its one tool reports the first and the last of many steps at once.
    struct AtOnce;

    impl ServerHandler for AtOnce {
        async fn call_tool(
            &self,
            _: CallToolRequestParams,
            context: RequestContext<RoleServer>,
        ) -> Result<CallToolResponse, ErrorData> {
            let progress = Progress::new(&context);
            tokio::join!(progress.report(1.0, 2.0, "first"), progress.report(2.0, 2.0, "last"));
            Ok(CallToolResult::success(Vec::new()).into())
        }
    }

    /// Read off the wire: the SDK's client hands notifications out in any order.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn reports_at_once_are_told_in_their_order() -> anyhow::Result<()> {
        let (near, far) = tokio::io::duplex(4096);
        let serving = tokio::spawn(async move { AtOnce.serve(far).await });
        let (reading, mut writing) = tokio::io::split(near);
        let mut lines = BufReader::new(reading).lines();
        let info = json!({"protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"}});
        let mut say = async |message: Value| writing.write_all(format!("{message}\n").as_bytes()).await;
        say(json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": info})).await?;
        lines.next_line().await?;
        say(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await?;
        for call in 1..=CALLS {
            let params = json!({"name": "at_once", "arguments": {}, "_meta": {"progressToken": call}});
            say(json!({"jsonrpc": "2.0", "id": call, "method": "tools/call", "params": params})).await?;
            for expected in [json!(1.0), json!(2.0), Value::Null] {
                let line = tokio::time::timeout(PATIENCE, lines.next_line()).await??.expect("a message");
                let message: Value = serde_json::from_str(&line)?;
                assert_eq!(message["params"]["progress"], expected, "call {call}: {message}");
            }
        }
        serving.await??.cancel().await?;
        Ok(())
    }

    #[test]
    fn what_does_not_increase_or_comes_too_soon_is_dropped() {
        let mut last = None;
        assert!(is_due(&mut last, 1.0, None));
        assert!(!is_due(&mut last, 2.0, Some(3.0)), "too soon");
        assert!(is_due(&mut last, 3.0, Some(3.0)), "the last is never too soon");
        assert!(!is_due(&mut last, 3.0, Some(3.0)), "no increase");
    }
}
