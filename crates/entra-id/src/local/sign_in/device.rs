//! A sign-in in a browser anywhere, with a code.

use tokio::{
    task::JoinHandle,
    time::{Instant, timeout_at},
};

use super::{Ending, Outcome, Shown, outcome_of};
use crate::{
    capabilities,
    local::{
        device::DeviceCode,
        session::{SCOPE, Session, SessionError},
    },
};

pub(super) async fn begin(
    session: &Session,
    challenge: Option<&str>,
    until: Instant,
    ending: Ending,
) -> Result<(Shown, Instant, JoinHandle<()>), SessionError> {
    let claims = capabilities::claims(challenge);
    let code = DeviceCode::begin(session.http(), session.directory(), SCOPE, &claims).await?;
    let until = until.min(Instant::now() + code.life);
    let shown = Shown { url: code.verification_uri.clone(), code: Some(code.user_code.clone()) };
    let session = session.clone();
    let task = tokio::spawn(async move {
        let waiting = async {
            let tokens = code.wait(session.http(), session.directory(), &claims).await?;
            session.signed_in(tokens, None).await
        };
        let ended = match timeout_at(until, waiting).await {
            Ok(Ok(_)) => Outcome::SignedIn,
            Ok(Err(error)) => outcome_of(error),
            Err(_) => Outcome::Expired,
        };
        ending.is(ended);
    });
    Ok((shown, until, task))
}
