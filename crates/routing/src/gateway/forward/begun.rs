//! Calls over the connections of the straight way: those that have begun there and go on here, and those that never could.

use std::sync::Arc;

use mcp_support::client_log;
use rmcp::{ErrorData, service::ServiceError};
use tokio::time::Instant;

use super::{Attempt, Driven, Outcome};
use crate::gateway::{
    node::Place,
    request::Forwarded,
    select::Reasons,
    straight::{Events, First, Sent, Told, Why, send},
};

impl Attempt<'_> {
    /// Goes on with a call: its node, and how that ended.
    pub(in crate::gateway) async fn began(&self, first: First, call: &Forwarded) -> (String, Outcome, Reasons) {
        match first {
            First::Failed(node, why) => (node, why.into(), Reasons::default()),
            First::Answered(place, reasons, result) => {
                let node = place.node.settings.id.clone();
                (node, self.rounds(self.answered(place, Ok(*result), call), call.clone()).await, reasons)
            }
            First::Tells(place, reasons, events) => {
                let node = place.node.settings.id.clone();
                (node, self.rounds(self.hear(place, events, call).await, call.clone()).await, reasons)
            }
        }
    }

    /// Sends a call to a tool whose arguments are in no header, where the node has such connections; otherwise gives its
    /// place back.
    pub(super) async fn pooled(&self, place: Place, call: &Forwarded) -> Result<Driven, Place> {
        let node = Arc::clone(&place.node);
        let (Forwarded::Tool(params), Some(pool)) = (call, node.pool().filter(|_| self.is_plain)) else {
            return Err(place);
        };
        let (limit, wants_progress) = (self.gateway.attempt(), self.progress.is_wanted());
        let is_told = wants_progress || client_log::wanted(self.context).is_some();
        let sending = send(pool, params, self.name, self.meta, wants_progress, is_told);
        let sent = tokio::select! {
            biased;
            () = self.context.ct.cancelled() => return Ok(cancelled()),
            sent = tokio::time::timeout(limit, sending) => sent,
        };
        let why = match sent {
            Ok(Ok(Sent::Answer(answer))) => {
                let answer = answer.map(|result| *result).map_err(ServiceError::McpError);
                return Ok(self.answered(place, answer, call));
            }
            Ok(Ok(Sent::Tells(events))) => return Ok(self.hear(place, events, call).await),
            Ok(Err(why)) => why,
            Err(_) => Why::Failed(format!("no answer within {} s", limit.as_secs_f64())),
        };
        Ok(failed(place, why))
    }

    /// Reads on, until the answer.
    async fn hear(&self, place: Place, mut events: Box<Events>, call: &Forwarded) -> Driven {
        let mut until = Instant::now() + self.gateway.attempt();
        loop {
            let next = tokio::select! {
                biased;
                () = self.context.ct.cancelled() => return cancelled(),
                // Before the events: some nodes never stop sending some.
                () = tokio::time::sleep_until(until) => {
                    let seconds = self.gateway.attempt().as_secs_f64();
                    Err(Why::Failed(format!("no answer within {seconds} s")))
                }
                next = events.next() => next,
            };
            match next {
                Ok(Told::Progress(params)) => {
                    until = Instant::now() + self.gateway.attempt();
                    self.told(params).await;
                }
                Ok(Told::Log(params)) => {
                    until = Instant::now() + self.gateway.attempt();
                    self.log(&place, params).await;
                }
                Ok(Told::Answer(answer)) => {
                    let answer = answer.map(|result| *result).map_err(ServiceError::McpError);
                    return self.answered(place, answer, call);
                }
                Err(why) => return failed(place, why),
            }
        }
    }
}

fn cancelled() -> Driven {
    Driven::Ended(Outcome::Answer(Err(ErrorData::internal_error("cancelled", None))))
}

fn failed(place: Place, why: Why) -> Driven {
    place.end(why.ended());
    Driven::Ended(why.into())
}

impl From<Why> for Outcome {
    fn from(why: Why) -> Self {
        match why {
            Why::NotSent(why) => Self::NotSent(why),
            Why::Broken(why) => Self::Broken(why),
            Why::Failed(why) => Self::Failed(why),
            Why::Unfit(why) => Self::Unfit(why),
        }
    }
}
