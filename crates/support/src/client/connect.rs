//! Connecting, and seeing what goes through a connection.

use std::{borrow::Cow, future::Future, process::Stdio, sync::Arc};

use rmcp::{
    ClientHandler, ClientLifecycleMode, ClientServiceExt, RoleClient,
    service::{ClientInitializeError, RunningService, RxJsonRpcMessage, ServiceError, TxJsonRpcMessage},
    transport::{StreamableHttpClientTransport, TokioChildProcess, Transport},
};
use serde_json::Value;

use super::{PATIENCE, Revision, Target};

/// Sees every message of a connection: from the client (`true`) or to it, as JSON.
pub type Tap = Arc<dyn Fn(bool, &Value) + Send + Sync>;

/// Connects with this client handler.
///
/// # Errors
/// The program cannot be started, nothing answers, or the server does not speak the revision.
pub async fn connect<H: ClientHandler>(
    target: &Target,
    revision: Revision,
    handler: H,
    tap: Option<Tap>,
) -> anyhow::Result<RunningService<RoleClient, H>> {
    let lifecycle = revision.lifecycle();
    match target {
        Target::Program { program, arguments, environment } => {
            let mut command = tokio::process::Command::new(program);
            command.args(arguments).envs(environment.iter().map(|(name, value)| (name, value)));
            // The server's log belongs to whoever asked for one; why it cannot start is for everybody.
            if std::env::var_os("RUST_LOG").is_none() {
                command.env("RUST_LOG", "off,rmcp=off");
            }
            let (child, _) = TokioChildProcess::builder(command).stderr(Stdio::inherit()).spawn()?;
            connect_over(child, lifecycle, handler, tap).await
        }
        Target::Url(url) => {
            let http = StreamableHttpClientTransport::from_uri(url.as_str());
            connect_over(http, lifecycle, handler, tap).await
        }
    }
}

/// Connects over a transport that is there already, such as one that sends an access token, with any lifecycle.
///
/// # Errors
/// As [`connect`]; where the server asks for authorization, [`challenge`] finds its words in the error.
pub async fn connect_over<H: ClientHandler, T: Transport<RoleClient> + 'static>(
    transport: T,
    lifecycle: ClientLifecycleMode,
    handler: H,
    tap: Option<Tap>,
) -> anyhow::Result<RunningService<RoleClient, H>> {
    let connecting = handler.serve_with_lifecycle(Tapped { inner: transport, tap }, lifecycle);
    Ok(tokio::time::timeout(PATIENCE, connecting).await??)
}

/// The `WWW-Authenticate` header that a 401 or 403 came with, when that is why a connection or a call failed.
pub fn challenge(error: &anyhow::Error) -> Option<&str> {
    error.chain().find_map(|cause| {
        let of_start = cause.downcast_ref::<ClientInitializeError>().and_then(ClientInitializeError::auth_challenge);
        of_start.or_else(|| cause.downcast_ref::<ServiceError>().and_then(ServiceError::auth_challenge))
    })
}

/// A transport that shows what goes through it.
struct Tapped<T> {
    inner: T,
    tap: Option<Tap>,
}

impl<T> Tapped<T> {
    fn show(&self, sent: bool, message: &impl serde::Serialize) {
        if let Some(tap) = &self.tap
            && let Ok(message) = serde_json::to_value(message)
        {
            tap(sent, &message);
        }
    }
}

impl<T: Transport<RoleClient>> Transport<RoleClient> for Tapped<T> {
    type Error = T::Error;

    fn name() -> Cow<'static, str> {
        T::name()
    }

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.show(true, &message);
        self.inner.send(message)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        let message = self.inner.receive().await?;
        self.show(false, &message);
        Some(message)
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}

#[cfg(test)]
mod tests {
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

    use super::*;
    use crate::client::Recorder;

    #[tokio::test]
    async fn a_challenge_is_found_in_the_error() {
        let server = MockServer::start().await;
        let words = "Bearer scope=\"read\", resource_metadata=\"http://localhost/metadata\"";
        let refusal = ResponseTemplate::new(401).insert_header("www-authenticate", words);
        Mock::given(any()).respond_with(refusal).mount(&server).await;
        let target = Target::Url(format!("{}/mcp", server.uri()));
        for revision in Revision::ALL {
            let error = connect(&target, revision, Recorder::default(), None).await.expect_err("refused");
            assert_eq!(challenge(&error), Some(words), "{revision}");
        }
        assert_eq!(challenge(&anyhow::anyhow!("something else")), None);
    }
}
