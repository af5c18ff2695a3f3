//! One issue from GitHub's REST API
//! (<https://docs.github.com/en/rest/issues/issues?apiVersion=2022-11-28#get-an-issue>).

use chrono::DateTime;
use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;
use serde::{Deserialize, de::IgnoredAny};
use url::Url;

use super::{Issue, IssueError, State, names::Place};
use crate::upstream::{Bounds, Reply, Upstream, UpstreamError};

/// GitHub, or an Enterprise server.
#[derive(Debug)]
pub(super) struct GitHub(Upstream);

/// The part of an answer that is used.
#[derive(Debug, Deserialize)]
struct Wire {
    number: u32,
    title: String,
    state: State,
    body: Option<String>,
    #[serde(default)]
    labels: Vec<Label>,
    user: Option<User>,
    created_at: Option<String>,
    html_url: Option<String>,
    pull_request: Option<IgnoredAny>,
}

/// Labels come in two forms.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Label {
    Name(String),
    Object { name: Option<String> },
}

#[derive(Debug, Deserialize)]
struct User {
    login: String,
}

impl GitHub {
    pub(super) fn new(base_url: &Url, token: Option<&SecretString>, bounds: Bounds) -> Result<Self, UpstreamError> {
        let headers = HeaderMap::from_iter([
            (ACCEPT, HeaderValue::from_static("application/vnd.github+json")),
            (HeaderName::from_static("x-github-api-version"), HeaderValue::from_static("2022-11-28")),
        ]);
        Ok(Self(Upstream::new(base_url, headers, token, bounds)?))
    }

    pub(super) async fn issue(&self, place: &Place) -> Result<Issue, IssueError> {
        let number = place.number.to_string();
        let reply = self.0.get(&["repos", &place.owner, &place.repo, "issues", &number], &[]).await?;
        if !reply.status.is_success() {
            return Err(self.refusal(place, &reply));
        }
        let wire: Wire = self.0.json(&reply)?;
        if wire.number != place.number {
            return Err(self.0.unreadable(&format!("it is about issue {}", wire.number)).into());
        }
        let names = wire.labels.into_iter().filter_map(|label| match label {
            Label::Name(name) => Some(name),
            Label::Object { name } => name,
        });
        Ok(Issue {
            repository: place.repository(),
            number: wire.number,
            title: wire.title,
            state: wire.state,
            body: wire.body.unwrap_or_default(),
            labels: names.collect(),
            author: wire.user.map(|user| user.login),
            created_at: wire.created_at,
            url: wire.html_url,
            is_pull_request: wire.pull_request.is_some(),
            made_by: format!("GitHub's REST API at {}", self.0.host()),
        })
    }

    fn refusal(&self, place: &Place, reply: &Reply) -> IssueError {
        let host = || self.0.host().to_owned();
        let issue = || format!("{}#{}", place.repository(), place.number);
        match reply.status.as_u16() {
            301 => IssueError::Moved { issue: issue(), to: self.location(reply) },
            401 => IssueError::Token { host: host() },
            403 | 429 if self.is_rate_limit(reply) => {
                IssueError::RateLimit { host: host(), seconds: reply.retry_after(), reset: reset(reply) }
            }
            403 => IssueError::Forbidden { host: host(), issue: issue() },
            404 => IssueError::NotFound { issue: issue() },
            410 => IssueError::Gone { issue: issue() },
            _ => self.0.refused(reply).into(),
        }
    }

    /// GitHub's limits, of which it has two: the primary one counts down in a header, the secondary one says when to
    /// come back, or nothing but a message
    /// (<https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#rate-limit-errors>).
    fn is_rate_limit(&self, reply: &Reply) -> bool {
        reply.status == 429
            || reply.number("x-ratelimit-remaining") == Some(0)
            || reply.retry_after().is_some()
            || self.0.words(reply).contains("rate limit")
    }

    fn location(&self, reply: &Reply) -> String {
        let location = reply.headers.get("location").and_then(|value| value.to_str().ok());
        self.0.clean(location.unwrap_or_default())
    }
}

/// When the primary limit is lifted, which the header says in seconds since 1970.
fn reset(reply: &Reply) -> Option<String> {
    if reply.number("x-ratelimit-remaining") != Some(0) {
        return None;
    }
    let seconds = i64::try_from(reply.number("x-ratelimit-reset")?).ok()?;
    Some(DateTime::from_timestamp(seconds, 0)?.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}
