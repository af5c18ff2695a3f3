//! (3) The work itself, on threads that may block, in slices between which a call can be cancelled.

use std::{path::PathBuf, sync::Arc, time::Duration};

use mcp_support::progress::Progress;
use rmcp::{RoleServer, model::CallToolResult, service::RequestContext};
use tempfile::TempDir;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    RootList, analysis_answer,
    arguments::AnalyzeProject,
    asked::{Named, refused, reports, scope},
    search_answer,
};
use crate::{
    error::{Refusal, quoted},
    server::{RootContexts, answer::answer},
    workspace::{
        analyze::{Analysis, analysis},
        folders::Folders,
        read::{Part, read},
        sample,
        scope::Scope,
        search::{Query, search},
        sweep::{Sweep, Visitor},
        walk::Limits,
    },
};

/// How long a walk goes on before it looks whether anybody still waits for it.
const SLICE: Duration = Duration::from_millis(50);
/// Walks at a time: each wants a core and a disk.
const WALKS: usize = 4;

/// The folders of this server, and how much is done in them at a time.
pub(in crate::server) struct Workspace {
    pub(in crate::server) folders: Arc<Folders>,
    limits: Limits,
    walks: Arc<Semaphore>,
    /// Goes with the process, where the operator has not named a folder.
    _sample: Option<TempDir>,
}

impl Workspace {
    /// The allowed folders, or the sample project.
    pub(in crate::server) fn open(allowed: &[PathBuf]) -> anyhow::Result<Self> {
        let (sample, folders) = match allowed {
            [] => {
                let (folder, project) = sample::unpack()?;
                (Some(folder), Folders::open(&[project])?)
            }
            allowed => (None, Folders::open(allowed)?),
        };
        let walks = Arc::new(Semaphore::new(WALKS));
        Ok(Self { folders: Arc::new(folders), limits: Limits::default(), walks, _sample: sample })
    }

    /// An analysis of a scope, with progress.
    pub(in crate::server) async fn analysis(
        &self,
        scope: impl FnOnce(&Folders) -> Result<Scope, Refusal> + Send + 'static,
        context: &RequestContext<RoleServer>,
    ) -> Result<Analysis, Refusal> {
        let limits = self.limits;
        let begin = move |scope| analysis(scope, limits).map_err(|error| Refusal::internal("reading a pattern", error));
        Ok(self.sweep(scope, begin, context).await?.finish())
    }

    /// Goes through a scope to the end. Dropped, it stops within a slice.
    async fn sweep<V: Visitor>(
        &self,
        scope: impl FnOnce(&Folders) -> Result<Scope, Refusal> + Send + 'static,
        begin: impl FnOnce(Scope) -> Result<Sweep<V>, Refusal> + Send + 'static,
        context: &RequestContext<RoleServer>,
    ) -> Result<Sweep<V>, Refusal> {
        // Whoever waits too long here is told so by the call's deadline.
        let turn = self.walks.clone().acquire_owned().await;
        let turn = turn.map_err(|error| Refusal::internal("waiting for a turn", error))?;
        let folders = self.folders.clone();
        let (mut turn, mut sweep) = with_turn(turn, move || begin(scope(&folders)?)).await?;
        let progress = Progress::new(context);
        loop {
            let done;
            (turn, (sweep, done)) = with_turn(turn, move || {
                let done = sweep.step(SLICE);
                Ok((sweep, done))
            })
            .await?;
            let files = sweep.walk.files;
            progress.report(files as f64, done.then_some(files as f64), format!("{files} files")).await;
            if done {
                return Ok(sweep);
            }
        }
    }
}

impl RootContexts {
    pub(super) async fn root_list(&self, named: Named) -> Result<CallToolResult, Refusal> {
        let folders = self.shared.workspace.folders.clone();
        let left_out = named.count - named.roots.len();
        let (roots, readable) = blocking(move || {
            let (roots, scope) = reports(&folders, &named);
            Ok((roots, scope.uris()))
        })
        .await?;
        let text = match readable.as_slice() {
            [] => format!("the client named {} roots, and none of them can be read", roots.len() + left_out),
            readable => format!("{} roots; readable: {}", roots.len() + left_out, readable.join(", ")),
        };
        answer(text, &RootList { roots, left_out, readable })
    }

    pub(super) async fn analyzed(
        &self,
        roots: Option<Named>,
        AnalyzeProject { project_directory }: AnalyzeProject,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let scope = move |folders: &Folders| narrowed(folders, roots.as_ref(), project_directory.as_deref());
        analysis_answer(&self.shared.workspace.analysis(scope, context).await?)
    }

    pub(super) async fn searched(
        &self,
        roots: Option<Named>,
        query: Query,
        project_directory: Option<String>,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let scope = move |folders: &Folders| narrowed(folders, roots.as_ref(), project_directory.as_deref());
        let limits = self.shared.workspace.limits;
        let begin = move |scope| {
            search(scope, &query, limits).map_err(|error| {
                let hint = "without regex the query is taken as it is; a glob is written like src/**/*.rs";
                Refusal::argument(error.to_string(), hint)
            })
        };
        let found = self.shared.workspace.sweep(scope, begin, context).await?.finish();
        search_answer(&found)
    }

    pub(super) async fn file_part(
        &self,
        roots: Option<Named>,
        uri: String,
        part: Part,
    ) -> Result<CallToolResult, Refusal> {
        let folders = self.shared.workspace.folders.clone();
        let text = blocking(move || {
            let opened = scope(&folders, roots.as_ref())?.file(&folders, &uri);
            let (file, name) = opened.map_err(|error| refused("cannot read", &uri, &error))?;
            read(file, name, part).map_err(|error| {
                let hint =
                    "ask for a part that the file has; a file that is no UTF-8 text is a resource, read as bytes";
                Refusal::argument(format!("cannot read {}: {error}", quoted(&uri)), hint)
            })
        });
        let text = text.await?;
        answer(text.text.clone(), &text)
    }
}

/// What a call may read, or the folder of it that the caller names.
fn narrowed(folders: &Folders, roots: Option<&Named>, directory: Option<&str>) -> Result<Scope, Refusal> {
    let scope = scope(folders, roots)?;
    let Some(directory) = directory else { return Ok(scope) };
    scope.narrowed(folders, directory).map_err(|error| refused("project_directory is", directory, &error))
}

/// Runs what may block, and keeps the turn until that has ended, even if nobody waits for it any more.
async fn with_turn<T: Send + 'static>(
    turn: OwnedSemaphorePermit,
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<(OwnedSemaphorePermit, T), Refusal> {
    blocking(move || {
        let result = work();
        Ok((turn, result?))
    })
    .await
}

/// Runs what may block where it may.
pub(in crate::server) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Refusal::internal("working on files", error))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_turn_is_taken_for_as_long_as_its_work_goes_on() {
        let walks = Arc::new(Semaphore::new(1));
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let turn = walks.clone().acquire_owned().await.expect("a turn");
        let call = tokio::spawn(with_turn(turn, move || Ok(ended.recv().is_ok())));
        tokio::time::sleep(Duration::from_millis(100)).await;
        call.abort();
        assert!(call.await.expect_err("left").is_cancelled());
        assert_eq!(walks.available_permits(), 0, "the work goes on");
        end.send(()).expect("somebody waits");
        let freed = tokio::time::timeout(Duration::from_secs(10), walks.acquire()).await;
        assert!(freed.is_ok_and(|turn| turn.is_ok()));
    }
}
