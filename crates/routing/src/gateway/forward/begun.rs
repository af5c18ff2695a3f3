//! Calls that have begun the straight way, and go on here.

use rmcp::{ErrorData, model::ServerResult, service::ServiceError};
use tokio::time::Instant;

use super::{Attempt, Driven, Outcome};
use crate::gateway::{
    node::{Ended, Place},
    request::Forwarded,
    select::Reasons,
    straight::{Events, First, Told, Why},
};

impl Attempt<'_> {
    /// Goes on with a call: its node, and how that ended.
    pub(in crate::gateway) async fn began(&self, first: First, call: &Forwarded) -> (String, Outcome, Reasons) {
        match first {
            First::Failed(node, why) => (node, why.into(), Reasons::default()),
            First::Answered(place, reasons, result) => {
                let node = place.node.settings.id.clone();
                (node, self.whole(place, Ok(*result), call), reasons)
            }
            First::Tells(place, reasons, events) => {
                let node = place.node.settings.id.clone();
                (node, self.hear(place, events, call).await, reasons)
            }
        }
    }

    /// Reads on, until the answer.
    async fn hear(&self, place: Place, mut events: Box<Events>, call: &Forwarded) -> Outcome {
        let mut until = Instant::now() + self.gateway.attempt();
        loop {
            let next = tokio::select! {
                biased;
                () = self.context.ct.cancelled() => {
                    return Outcome::Answer(Err(ErrorData::internal_error("cancelled", None)));
                }
                next = events.next() => next,
                () = tokio::time::sleep_until(until) => {
                    let seconds = self.gateway.attempt().as_secs_f64();
                    Err(Why::Failed(format!("no answer within {seconds} s")))
                }
            };
            match next {
                Ok(Told::Progress(params)) => {
                    until = Instant::now() + self.gateway.attempt();
                    self.told(params).await;
                }
                Ok(Told::Answer(answer)) => {
                    let answer = answer.map(|result| *result).map_err(ServiceError::McpError);
                    return self.whole(place, answer, call);
                }
                Err(why) => {
                    place.end(why.ended());
                    return why.into();
                }
            }
        }
    }

    fn whole(&self, place: Place, answer: Result<ServerResult, ServiceError>, call: &Forwarded) -> Outcome {
        match self.answered(place, answer, call) {
            Driven::Ended(outcome) => outcome,
            // Only clients of 2026-07-28 begin that way.
            Driven::Again(place, _) => {
                place.end(Ended::Answered);
                Outcome::Unfit("it asks in a way that its client does not know".to_owned())
            }
        }
    }
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
