//! The peer of a handler whose client hears the answer and nothing else.

use std::io;

use rmcp::{
    Peer, RoleServer, ServerHandler,
    model::{ClientCapabilities, Implementation, InitializeRequestParams, ProtocolVersion},
    service::{RunningService, RxJsonRpcMessage, TxJsonRpcMessage, serve_directly},
    transport::Transport,
};

/// One peer for each revision. What is sent to one of them goes nowhere: a notification is lost, and a request fails at
/// once instead of waiting for an answer that cannot come.
pub(super) struct Nowhere(Vec<(ProtocolVersion, RunningService<RoleServer, Nobody>)>);

impl Nowhere {
    /// Runs one small task for each revision, until it is dropped.
    pub(super) fn new() -> Self {
        let peers = ProtocolVersion::KNOWN_VERSIONS.iter().map(|version| {
            // As the SDK describes the client of a request without a session.
            let client = InitializeRequestParams::new(ClientCapabilities::default(), Implementation::default())
                .with_protocol_version(version.clone());
            (version.clone(), serve_directly(Nobody, Swallow, Some(client)))
        });
        Self(peers.collect())
    }

    pub(super) fn peer(&self, version: &ProtocolVersion) -> Option<Peer<RoleServer>> {
        self.0.iter().find(|(known, _)| known == version).map(|(_, running)| running.peer().clone())
    }
}

struct Nobody;

impl ServerHandler for Nobody {}

struct Swallow;

impl Transport<RoleServer> for Swallow {
    type Error = io::Error;

    fn send(&mut self, message: TxJsonRpcMessage<RoleServer>) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let lost = matches!(message, TxJsonRpcMessage::<RoleServer>::Request(_));
        std::future::ready(if lost { Err(io::ErrorKind::NotConnected.into()) } else { Ok(()) })
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        std::future::pending().await
    }

    async fn close(&mut self) -> io::Result<()> {
        Ok(())
    }
}
