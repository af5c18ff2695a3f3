//! A client with folders open: it names them as its roots, or refuses to.
#![expect(deprecated, reason = "SEP-2577: roots are deprecated in 2026-07-28, and this client has them")]

use std::sync::{Arc, Mutex};

use mcp_support::client::{Recorder, Revision, this_client};
use rmcp::{
    ClientHandler, ErrorData, RoleClient,
    model::*,
    service::{NotificationContext, RequestContext},
};

/// The client's handler. Clones share the folders and the count of questions.
#[derive(Clone, Default)]
pub struct FolderClient {
    /// What the server told the client besides its answers.
    pub recorder: Recorder,
    /// Nothing means that the person refuses.
    roots: Arc<Mutex<Option<Vec<String>>>>,
    asked: Arc<Mutex<u32>>,
}

impl FolderClient {
    /// A client with these URIs as its roots.
    pub fn with(roots: impl IntoIterator<Item = String>) -> Self {
        let client = Self::default();
        client.open(roots);
        client
    }

    /// A client that has roots and does not name them.
    pub fn that_refuses() -> Self {
        Self::default()
    }

    /// Other folders are opened, and those before are closed.
    pub fn open(&self, roots: impl IntoIterator<Item = String>) {
        if let Ok(mut mine) = self.roots.lock() {
            *mine = Some(roots.into_iter().collect());
        }
    }

    /// How often it was asked for its roots.
    pub fn asked(&self) -> u32 {
        self.asked.lock().map(|asked| *asked).unwrap_or_default()
    }
}

impl ClientHandler for FolderClient {
    fn get_info(&self) -> ClientConfig {
        let capabilities = ClientCapabilities::builder().enable_roots().enable_roots_list_changed().build();
        ClientConfig::new(capabilities, this_client()).with_protocol_version(Revision::Legacy.version())
    }

    async fn list_roots(&self, _: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        if let Ok(mut asked) = self.asked.lock() {
            *asked += 1;
        }
        let roots = self.roots.lock().map(|roots| roots.clone()).unwrap_or_default();
        let roots = roots.ok_or_else(|| ErrorData::invalid_request("the person does not share folders", None))?;
        Ok(ListRootsResult::new(roots.into_iter().map(|uri| Root::new(uri).with_name("a folder")).collect()))
    }

    async fn on_progress(&self, params: ProgressNotificationParam, context: NotificationContext<RoleClient>) {
        self.recorder.on_progress(params, context).await;
    }
}
