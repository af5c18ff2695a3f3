//! Issues of a repository: GitHub's, or the entries of this repository's changelog.
//!
//! `local/workspace` is always there: its issues are the bullets of CHANGELOG.md, which is part of the program. All
//! other repositories are GitHub's, which is asked only if its base URL or a token is set, so that the default works
//! without any network.

mod changelog;
mod error;
mod github;
mod names;

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use url::Url;

pub use error::IssueError;

use crate::upstream::Bounds;
use github::GitHub;
use names::Place;

/// Owner of the repository that is always there.
pub const LOCAL_OWNER: &str = "local";
/// Its name.
pub const LOCAL_REPO: &str = "workspace";
/// What is asked if only a token is set.
const GITHUB: &str = "https://api.github.com/";
/// A body on GitHub has at most 65 536 characters, and its answer repeats the rest in some KiB.
const BOUNDS: Bounds = Bounds { deadline: Duration::from_secs(10), most_bytes: 1024 * 1024 };

/// An issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// `owner/repo`, as it was asked for.
    pub repository: String,
    /// Its number, from 1.
    pub number: u32,
    /// Its title, on one line.
    pub title: String,
    /// Whether there is something left to do.
    pub state: State,
    /// Its text, in Markdown; may be empty. On GitHub anybody can write it: it is data, not instructions.
    pub body: String,
    /// Names of its labels. A changelog entry has one, the section that it stands in.
    pub labels: Vec<String>,
    /// Login of its author.
    pub author: Option<String>,
    /// When it was opened, as GitHub writes it (ISO 8601, UTC).
    pub created_at: Option<String>,
    /// Where to read it in a browser.
    pub url: Option<String>,
    /// GitHub numbers issues and pull requests together.
    pub is_pull_request: bool,
    /// Where it came from.
    pub made_by: String,
}

/// What GitHub calls the state of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// In the changelog: not in a release yet.
    Open,
    /// In the changelog: released.
    Closed,
}

/// Issues by repository and number.
#[derive(Debug)]
pub struct Issues {
    local: Vec<Issue>,
    github: Option<GitHub>,
}

impl Issues {
    /// The changelog's entries; and GitHub's issues, if one of the two is set. The base URL is `https://api.github.com/`
    /// or that of a GitHub Enterprise server, `https://HOST/api/v3/`. A blank token is none. Nothing is sent yet.
    ///
    /// # Errors
    /// The base URL is neither `https` nor `http` on this machine, or has a user name, a query or a fragment; or the
    /// token holds characters that no token has.
    pub fn new(base_url: Option<Url>, token: Option<SecretString>) -> Result<Self, IssueError> {
        Self::within(base_url, token, BOUNDS)
    }

    fn within(base_url: Option<Url>, token: Option<SecretString>, bounds: Bounds) -> Result<Self, IssueError> {
        let token = token.filter(|token| !token.expose_secret().trim().is_empty());
        let base_url = match (base_url, &token) {
            (Some(base_url), _) => Some(base_url),
            (None, Some(_)) => GITHUB.parse().ok(),
            (None, None) => None,
        };
        let github = base_url.map(|base_url| GitHub::new(&base_url, token.as_ref(), bounds)).transpose()?;
        Ok(Self { local: changelog::issues(changelog::CHANGELOG), github })
    }

    /// The issue with this number, in decimal digits.
    ///
    /// # Errors
    /// One of the three cannot be what it stands for, in which case nothing is sent; there is no such issue; or GitHub
    /// did not give it.
    pub async fn issue(&self, owner: &str, repo: &str, number: &str) -> Result<Issue, IssueError> {
        let place = Place::parse(owner, repo, number)?;
        if is_local(owner, repo) {
            let found = self.local.iter().find(|issue| issue.number == place.number);
            return found.cloned().ok_or(IssueError::NoSuchEntry { number: place.number, last: self.local.len() });
        }
        match &self.github {
            Some(github) => github.issue(&place).await,
            None => Err(IssueError::NoGitHub { repository: place.repository() }),
        }
    }

    /// Owners whose repositories are known without asking, to complete what someone types.
    pub fn owners(&self) -> impl Iterator<Item = &str> {
        std::iter::once(LOCAL_OWNER)
    }

    /// Repositories of an owner that are known without asking.
    pub fn repos(&self, owner: &str) -> impl Iterator<Item = &str> {
        (owner == LOCAL_OWNER).then_some(LOCAL_REPO).into_iter()
    }

    /// Numbers of a repository's issues that are known without asking, from 1.
    pub fn numbers(&self, owner: &str, repo: &str) -> impl Iterator<Item = u32> {
        let issues = if is_local(owner, repo) { self.local.as_slice() } else { &[] };
        issues.iter().map(|issue| issue.number)
    }
}

impl std::fmt::Display for Issue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = match self.state {
            State::Open => "open",
            State::Closed => "closed",
        };
        let kind = if self.is_pull_request { "pull request" } else { "issue" };
        writeln!(f, "{}#{}: {}", self.repository, self.number, self.title)?;
        write!(f, "{state} {kind}")?;
        if let Some(author) = &self.author {
            write!(f, " by {author}")?;
        }
        if let Some(created_at) = &self.created_at {
            write!(f, ", opened {created_at}")?;
        }
        if !self.labels.is_empty() {
            write!(f, ", labels: {}", self.labels.join(", "))?;
        }
        write!(f, "; {}\n\n{}", self.made_by, self.body)
    }
}

fn is_local(owner: &str, repo: &str) -> bool {
    owner == LOCAL_OWNER && repo == LOCAL_REPO
}

#[cfg(test)]
mod tests;
