//! A connection whose progress and log messages are heard in the order in which they came: before the answer that follows
//! them. The SDK gives each notification to a task of its own, which the answer may overtake.

use std::{borrow::Cow, future::Future};

use rmcp::{
    RoleClient,
    model::{JsonRpcMessage, ServerNotification},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};

use super::listener::Listener;

/// A transport that tells a listener what belongs to a call.
pub(super) struct Ordered<T> {
    pub(super) inner: T,
    pub(super) listener: Listener,
}

impl<T: Transport<RoleClient>> Transport<RoleClient> for Ordered<T> {
    type Error = T::Error;

    fn name() -> Cow<'static, str> {
        T::name()
    }

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.inner.send(message)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        loop {
            let message = self.inner.receive().await?;
            let JsonRpcMessage::Notification(notification) = message else { return Some(message) };
            match notification.notification {
                ServerNotification::ProgressNotification(progress) => self.listener.calls().progress(progress.params),
                ServerNotification::LoggingMessageNotification(log) => self.listener.log(log.params),
                _ => return Some(JsonRpcMessage::Notification(notification)),
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}
