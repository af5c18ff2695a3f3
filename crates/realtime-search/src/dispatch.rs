//! (3) Dispatch: several sources are asked at once, each with its own deadline. What the fast ones have found is
//! there while the slow ones still look, and one that fails takes nothing from the others.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures::{StreamExt, stream::FuturesUnordered};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    library::{Kind, Library},
    pipeline::{Candidate, Weights, plan::Plan},
    search,
};

/// Something that can be searched.
#[async_trait]
pub trait Source: Send + Sync {
    /// Its name, the same for as long as the server runs.
    fn name(&self) -> &str;

    /// What it is, in one sentence.
    fn about(&self) -> String;

    /// Whether a query leaves this machine. Then a person is asked first, and personal data is removed.
    fn is_outside(&self) -> bool;

    /// What it finds, with the places in its lists.
    async fn search(&self, plan: Arc<Plan>) -> Result<Vec<Candidate>, SourceError>;
}

/// Why a source has found nothing. Its message may be shown: it tells nothing of keys or addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SourceError(pub String);

/// What came of asking a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Outcome {
    /// It has answered.
    Answered,
    /// It has answered with an error.
    Failed,
    /// It had not answered when its time was over.
    TimedOut,
    /// It was not asked, because nobody has agreed.
    NotAsked,
}

/// What one source has done.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// Its name.
    pub source: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How many results it had.
    pub found: usize,
    /// Milliseconds until then.
    pub took_ms: f64,
    /// Why it has found nothing.
    pub reason: Option<String>,
}

/// Asks all sources. `done` hears of each as soon as it is through.
pub async fn dispatch<F: Future<Output = ()>>(
    sources: &[Arc<dyn Source>],
    plan: &Arc<Plan>,
    deadline: Duration,
    mut done: impl FnMut(Report) -> F,
) -> (Vec<Candidate>, Vec<Report>) {
    let began = Instant::now();
    let mut asked: FuturesUnordered<_> = sources
        .iter()
        .map(|source| async move {
            let answer = tokio::time::timeout(deadline, source.search(plan.clone())).await;
            (source.name().to_owned(), answer)
        })
        .collect();
    let (mut candidates, mut reports) = (Vec::new(), Vec::new());
    while let Some((source, answer)) = asked.next().await {
        let took_ms = began.elapsed().as_secs_f64() * 1000.0;
        let (outcome, found, reason) = match answer {
            Ok(Ok(mut found)) => {
                let count = found.len();
                candidates.append(&mut found);
                (Outcome::Answered, count, None)
            }
            Ok(Err(error)) => (Outcome::Failed, 0, Some(error.to_string())),
            Err(_) => (Outcome::TimedOut, 0, Some(format!("no answer within {} ms", deadline.as_millis()))),
        };
        let report = Report { source, outcome, found, took_ms, reason };
        done(report.clone()).await;
        reports.push(report);
    }
    reports.sort_by(|one, other| one.source.cmp(&other.source));
    (candidates, reports)
}

/// One's own articles of one kind, as a source.
pub struct Own {
    /// Where they are.
    pub library: Library,
    /// Which.
    pub kind: Kind,
    /// What its lists count.
    pub weights: Weights,
}

#[async_trait]
impl Source for Own {
    fn name(&self) -> &str {
        self.kind.name()
    }

    fn about(&self) -> String {
        match self.kind {
            Kind::Archive => "the archive that came with the server, indexed inside it".to_owned(),
            Kind::Live => {
                "what the live feed and the subscribed feeds have published since the server began".to_owned()
            }
        }
    }

    fn is_outside(&self) -> bool {
        false
    }

    async fn search(&self, plan: Arc<Plan>) -> Result<Vec<Candidate>, SourceError> {
        let (library, kind, weights) = (self.library.clone(), self.kind, self.weights);
        let searching =
            tokio::task::spawn_blocking(move || search::local(&library, &mut Plan::clone(&plan), Some(kind), &weights));
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "the index failed");
            SourceError("the index failed".to_owned())
        };
        searching.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        article::Outlets,
        pipeline::{plan::Wanted, tests::candidate},
    };

    struct Scripted(&'static str, Option<Result<usize, &'static str>>);

    #[async_trait]
    impl Source for Scripted {
        fn name(&self) -> &str {
            self.0
        }

        fn about(&self) -> String {
            String::new()
        }

        fn is_outside(&self) -> bool {
            true
        }

        async fn search(&self, _: Arc<Plan>) -> Result<Vec<Candidate>, SourceError> {
            match self.1 {
                Some(Ok(count)) => {
                    Ok((0..count).map(|n| candidate(&n.to_string(), "https://a.example", "a", 0.5, &[])).collect())
                }
                Some(Err(reason)) => Err(SourceError(reason.to_owned())),
                None => std::future::pending().await,
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_or_hangs_takes_nothing_from_the_others() {
        let library = Library::new([], Arc::new(Outlets::default())).expect("a library");
        let plan = Arc::new(Plan::new(&library, Wanted::default(), None, 0));
        let sources: [Arc<dyn Source>; 3] = [
            Arc::new(Scripted("c-slow", None)),
            Arc::new(Scripted("b-broken", Some(Err("quota exhausted")))),
            Arc::new(Scripted("a-good", Some(Ok(3)))),
        ];
        let heard = std::sync::Mutex::new(Vec::new());
        let (found, reports) = dispatch(&sources, &plan, Duration::from_secs(2), |report| {
            heard.lock().expect("a list").push(report.source);
            std::future::ready(())
        })
        .await;
        assert_eq!(found.len(), 3);
        let outcomes: Vec<Outcome> = reports.iter().map(|report| report.outcome).collect();
        assert_eq!(outcomes, [Outcome::Answered, Outcome::Failed, Outcome::TimedOut]);
        assert_eq!(reports[1].reason.as_deref(), Some("quota exhausted"));
        assert_eq!(heard.lock().expect("a list").last().map(String::as_str), Some("c-slow"), "the slow one comes last");
    }
}
