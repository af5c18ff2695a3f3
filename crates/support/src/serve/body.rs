//! Reading a request's body within limits of size, time and total memory.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Limits;

const KIB: usize = 1024;
/// Bodies of at most this many bytes are not counted.
const SMALL: usize = 64 * KIB;

/// How much of a body that is too large is read all the same, and for how long.
const LINGER_BYTES: usize = 16 * 1024 * KIB;
const LINGER: Duration = Duration::from_secs(1);

/// Reads bodies, and counts what they hold together.
#[derive(Clone)]
pub struct Bodies {
    max_bytes: usize,
    time: Duration,
    /// A permit for each KiB.
    budget: Arc<Semaphore>,
}

/// A body, and its share of the memory for all bodies.
pub struct ReadBody {
    /// The body.
    pub bytes: Bytes,
    /// Held for as long as the body is.
    pub share: Option<BodyShare>,
}

/// A share of the memory for all bodies. It travels in the request's extensions, so it is given back when the call that
/// holds the body is over.
#[derive(Clone)]
pub struct BodyShare(#[expect(dead_code, reason = "held, not read")] Arc<OwnedSemaphorePermit>);

impl Bodies {
    /// Bodies within these limits.
    pub fn new(limits: &Limits) -> Self {
        let (max_bytes, time) = (limits.message_bytes, limits.body_time);
        let permits = limits.all_bodies_bytes.max(max_bytes).div_ceil(KIB).min(Semaphore::MAX_PERMITS);
        Self { max_bytes, time, budget: Arc::new(Semaphore::new(permits)) }
    }

    /// The whole body.
    ///
    /// # Errors
    /// The status that says why not, for [`refuse_body`]: 413, 408, 503, or 400 when the client broke off.
    pub async fn read(&self, headers: &HeaderMap, body: Body) -> Result<ReadBody, StatusCode> {
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: usize| length > self.max_bytes) {
            discard(headers, body).await;
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        // Small bodies never wait behind large ones: connections bound their number, and so their memory.
        if announced.is_some_and(|length| length <= SMALL) {
            return Ok(ReadBody { bytes: self.collect(body).await?, share: None });
        }
        // A body of unknown length may become as large as is allowed.
        let permits = announced.unwrap_or(self.max_bytes).div_ceil(KIB).max(1);
        let permits = u32::try_from(permits).map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
        let share = tokio::time::timeout(self.time, self.budget.clone().acquire_many_owned(permits))
            .await
            .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?
            .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        Ok(ReadBody { bytes: self.collect(body).await?, share: Some(BodyShare(Arc::new(share))) })
    }

    async fn collect(&self, body: Body) -> Result<Bytes, StatusCode> {
        let collected = tokio::time::timeout(self.time, Limited::new(body, self.max_bytes).collect())
            .await
            .map_err(|_| StatusCode::REQUEST_TIMEOUT)?;
        match collected {
            Ok(collected) => Ok(collected.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(StatusCode::PAYLOAD_TOO_LARGE),
            Err(_) => Err(StatusCode::BAD_REQUEST),
        }
    }
}

/// The answer to a request whose body cannot be read.
pub fn refuse_body(status: StatusCode) -> Response {
    let reason = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "the message is too large\n",
        StatusCode::REQUEST_TIMEOUT => "the message took too long to arrive\n",
        StatusCode::SERVICE_UNAVAILABLE => "too many messages are being read\n",
        _ => "the message broke off\n",
    };
    // The rest of the body is not read, so the connection cannot be used again.
    (status, [(header::CONNECTION, "close")], reason).into_response()
}

/// Takes away what is left of the body of a request that is refused; the answer stands.
///
/// RFC 9112, section 9.6: a connection that is closed with bytes unread is reset, and its client may never read why.
pub async fn discard(headers: &HeaderMap, body: Body) {
    // A client that waits to be asked for its body is not asked.
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let mut body = Limited::new(body, LINGER_BYTES);
    let reading = async { while let Some(Ok(_)) = body.frame().await {} };
    let _ = tokio::time::timeout(LINGER, reading).await;
}
