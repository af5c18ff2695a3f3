//! (3) The device code flow (RFC 8628), for a machine without a browser: the person enters a short code on another one.
//!
//! Its weakness is that a code can be forwarded: whoever is talked into entering a stranger's code signs the stranger
//! in. So it is used only where it was asked for, and Conditional Access can switch it off.

use std::time::Duration;

use mcp_support::fetch::service::is_loopback;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::{
    failure::{EntraError, Refused},
    settings::Directory,
    tokens::{self, Tokens},
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Section 3.2: what an answer without an interval means, in seconds.
const INTERVAL: u64 = 5;
/// Longest interval that is obeyed, in seconds.
const MAX_INTERVAL: u64 = 60;
/// Longest code that is shown, in characters.
const MAX_CODE: usize = 32;

/// What the person is shown, and what is polled with.
pub(super) struct DeviceCode {
    /// What the person enters.
    pub(super) user_code: String,
    /// Where.
    pub(super) verification_uri: String,
    /// How long it is good for.
    pub(super) life: Duration,
    device_code: SecretString,
    interval: Duration,
}

#[derive(Deserialize)]
struct Answer {
    user_code: String,
    device_code: String,
    verification_uri: String,
    expires_in: u64,
    interval: Option<u64>,
}

impl DeviceCode {
    pub(super) async fn begin(
        http: &Client,
        directory: &Directory,
        scope: &str,
        claims: &str,
    ) -> Result<Self, EntraError> {
        let form = [("client_id", directory.client_id.as_str()), ("scope", scope), ("claims", claims)];
        let answer: Answer = tokens::post(http, &directory.authority.device_code(), &form).await?;
        let is_web = |url: &Url| url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
        // Both are shown to a person as they are.
        if !Url::parse(&answer.verification_uri).is_ok_and(|url| is_web(&url))
            || answer.user_code.len() > MAX_CODE
            || !answer.user_code.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        {
            return Err(EntraError::Unavailable("its device code is not what RFC 8628 says".to_owned()));
        }
        Ok(Self {
            user_code: answer.user_code,
            verification_uri: answer.verification_uri,
            life: Duration::from_secs(answer.expires_in),
            device_code: answer.device_code.into(),
            interval: Duration::from_secs(answer.interval.unwrap_or(INTERVAL).clamp(1, MAX_INTERVAL)),
        })
    }

    /// Asks again and again until the person has decided.
    pub(super) async fn wait(&self, http: &Client, directory: &Directory, claims: &str) -> Result<Tokens, EntraError> {
        let form = [
            ("grant_type", GRANT),
            ("client_id", directory.client_id.as_str()),
            ("device_code", self.device_code.expose_secret()),
            ("claims", claims),
        ];
        let mut interval = self.interval;
        loop {
            tokio::time::sleep(interval).await;
            match tokens::request(http, &directory.authority.token(), &form).await {
                Err(EntraError::Refused(refused)) => interval = next_interval(interval, refused)?,
                // A network that comes and goes, or a busy service: section 3.5 asks for more patience.
                Err(EntraError::Busy(_) | EntraError::Unavailable(_)) => interval = slower(interval),
                Ok(tokens) => return Ok(tokens),
            }
        }
    }
}

/// Section 3.5: two of the errors mean that the person has not decided yet.
fn next_interval(interval: Duration, refused: Box<Refused>) -> Result<Duration, EntraError> {
    match refused.error.as_str() {
        "authorization_pending" => Ok(interval),
        "slow_down" => Ok(slower(interval)),
        _ => Err(EntraError::Refused(refused)),
    }
}

fn slower(interval: Duration) -> Duration {
    (interval + Duration::from_secs(5)).min(Duration::from_secs(MAX_INTERVAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_to_ask_again() {
        let refused = |error: &str| Box::new(Refused { error: error.to_owned(), ..Refused::default() });
        let seconds = Duration::from_secs;
        assert_eq!(next_interval(seconds(5), refused("authorization_pending")), Ok(seconds(5)));
        assert_eq!(next_interval(seconds(5), refused("slow_down")), Ok(seconds(10)));
        assert_eq!(next_interval(seconds(60), refused("slow_down")), Ok(seconds(60)));
        for error in ["authorization_declined", "expired_token", "invalid_grant"] {
            assert!(next_interval(seconds(5), refused(error)).is_err(), "{error}");
        }
    }
}
