//! The client of the protocol: it declares sampling with tools, and takes each request to the desk.
#![expect(deprecated, reason = "SEP-2577: sampling is deprecated in 2026-07-28; this is the side that answers it")]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mcp_support::client::{Revision, this_client};
use rmcp::{
    ClientHandler, ErrorData, RoleClient,
    model::{ClientCapabilities, ClientConfig, CreateMessageRequestParams, CreateMessageResult, SamplingCapability},
    service::RequestContext,
};

use super::{
    check,
    denied::Denied,
    desk::{Answer, Asker, Desk},
    visible::one_line,
};
use crate::completer::wire::sampling_answer;

/// The client's handler.
#[derive(Clone)]
pub(super) struct Host {
    pub(super) desk: Arc<Desk>,
    /// The host's own name for the server.
    pub(super) server: Arc<str>,
    /// Most tokens of one answer.
    pub(super) most_tokens: u32,
    pub(super) calls: Calls,
}

/// The call that is under way, and whether this host denied a request of its server.
#[derive(Clone, Default)]
pub(super) struct Calls(Arc<Mutex<Call>>);

#[derive(Default)]
struct Call {
    tool: Option<String>,
    denied: Option<Denied>,
}

/// Until it is dropped, the server may ask.
pub(super) struct UnderWay<'a>(&'a Calls);

impl Calls {
    /// A call begins.
    pub(super) fn begin(&self, tool: &str) -> UnderWay<'_> {
        *self.lock() = Call { tool: Some(tool.to_owned()), denied: None };
        UnderWay(self)
    }

    fn lock(&self) -> MutexGuard<'_, Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay<'_> {
    /// Why this host denied a request of the server during the call, the last time.
    pub(super) fn denied(&self) -> Option<Denied> {
        self.0.lock().denied.clone()
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.lock().tool = None;
    }
}

impl ClientHandler for Host {
    fn get_info(&self) -> ClientConfig {
        let mut sampling = SamplingCapability::default();
        sampling.tools = Some(Default::default());
        let mut capabilities = ClientCapabilities::default();
        capabilities.sampling = Some(sampling);
        ClientConfig::new(capabilities, this_client()).with_protocol_version(Revision::Legacy.version())
    }

    async fn create_message(
        &self,
        params: CreateMessageRequestParams,
        context: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        let claimed = context.peer.peer_info().and_then(|info| info.server_info.clone());
        let claimed = claimed.map(|server| format!("{} {}", server.name, server.version));
        let claimed = claimed.map_or_else(|| "no name".to_owned(), |name| one_line(&name, 120));
        let asker = Asker {
            key: self.server.to_string(),
            title: format!("{}, which calls itself {claimed}", self.server),
            purpose: self
                .calls
                .lock()
                .tool
                .as_ref()
                .map(|tool| format!("asked during your call of {}", one_line(tool, 120))),
        };
        let read = || check::read(&params, self.most_tokens);
        match self.desk.answer(&asker, read, context.ct.cancelled()).await {
            Ok(Answer { text, tool_calls, model, stop_reason }) => {
                Ok(sampling_answer(&text, &tool_calls, model, &stop_reason))
            }
            Err(denied) => {
                let error = ErrorData::from(&denied);
                self.calls.lock().denied = Some(denied);
                Err(error)
            }
        }
    }
}
