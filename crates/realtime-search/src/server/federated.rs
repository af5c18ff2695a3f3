//! The tool that asks every source at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use mcp_support::{ask::Ask, progress::Progress, refusal::counted, serve::principal};
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResponse,
    service::RequestContext,
    tool, tool_router,
};

use super::{
    RealtimeSearch,
    consent::{Failure, NEW, Reply, may_remember},
    finding::SearchArguments,
    shown::Answer,
};
use crate::{
    dispatch::{Outcome, Report, Source, dispatch},
    outside::Sent,
    pipeline::plan::Plan,
    search,
};

#[tool_router(router = federated_tools, vis = "pub(super)")]
impl RealtimeSearch {
    /// Asks every source at once, outside services too where the person agrees, and merges what they find; use it
    /// when your own articles are not enough.
    #[tool(
        title = "Search everywhere",
        annotations(
            title = "Search everywhere",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<Answer>()
    )]
    async fn federated_search(
        &self,
        Parameters(arguments): Parameters<SearchArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, Failure> {
        let (began, wanted) = (Instant::now(), arguments.clone().wanted()?);
        let mut ask = Ask::new(&self.sealer, &context, "tools/call federated_search", &arguments)?;
        let existing = arguments.session.as_deref().filter(|id| *id != NEW);
        let known = match existing {
            Some(id) => Some(self.session(&principal(&context), id).await?),
            None => None,
        };
        let now = self.engine.clock.now();
        let sent = Sent::new(&wanted, now);
        let (mut asked, mut reports): (Vec<Arc<dyn Source>>, Vec<Report>) = (Vec::new(), Vec::new());
        let mut waits = false;
        let not_asked = |source: &str, reason: &str| Report {
            source: source.to_owned(),
            outcome: Outcome::NotAsked,
            found: 0,
            took_ms: 0.0,
            reason: Some(reason.to_owned()),
        };
        for source in &self.engine.sources {
            if !source.is_outside() {
                asked.push(source.clone());
                continue;
            }
            if sent.is_empty() {
                reports.push(not_asked(source.name(), "no words are left that could be sent there"));
                continue;
            }
            match self.may_send(&mut ask, &context, source.name(), &sent).await? {
                Some(Reply::Yes) => asked.push(source.clone()),
                Some(_) => reports.push(not_asked(source.name(), "nobody has agreed that this query is sent there")),
                None => waits = true,
            }
        }
        if waits {
            // All questions in one round. A session is not begun before the last is answered.
            if arguments.session.is_some() && known.is_none_or(|session| session.sources.history_consent.is_none()) {
                may_remember(&mut ask, &context).await?;
            }
            return Ok(ask.needs_input()?.into());
        }
        let Some(opened) = self.open(&mut ask, &context, arguments.session.as_deref()).await? else {
            return Ok(ask.needs_input()?.into());
        };
        let query = wanted.query.clone();
        let session = opened.as_ref().map(|opened| opened.session.clone());
        let plan = self.blocking(move |engine| Plan::new(&engine.library, wanted, session.as_ref(), now)).await?;
        let plan = Arc::new(plan);
        let progress = Progress::new(&context);
        let (total, through) = (asked.len() as f64, AtomicU32::new(0));
        let (candidates, more) = dispatch(&asked, &plan, self.engine.source_deadline, |report| {
            let done = f64::from(through.fetch_add(1, Ordering::Relaxed) + 1);
            let text = match report.reason {
                None => format!("{}: {}", report.source, counted(report.found, "result", "results")),
                Some(reason) => format!("{}: {reason}", report.source),
            };
            progress.report(done, total, text)
        })
        .await;
        reports.extend(more);
        let names: Vec<String> = asked.iter().map(|source| source.name().to_owned()).collect();
        let explain = arguments.explain;
        let answer = self
            .blocking(move |engine| {
                let found = search::finish(Plan::clone(&plan), candidates, &engine.weights);
                let took_ms = began.elapsed().as_secs_f64() * 1000.0;
                Answer::new(&found, engine.library.outlets(), explain, reports, took_ms)
            })
            .await?;
        let mut answer = answer;
        if !sent.removed.is_empty() && asked.iter().any(|source| source.is_outside()) {
            answer.notes.push("personal data was removed from the query before it was sent outside".to_owned());
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.told(answer, opened, query, &names, &context).await
    }
}
