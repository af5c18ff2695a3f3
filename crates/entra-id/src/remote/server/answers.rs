//! What the tools answer.

use std::{fmt, time::SystemTime};

use mcp_support::auth::Claims;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::identity::{Groups, Identity};
use crate::graph::{Message, User};

/// Who the caller is. Nothing of the token itself, and of groups only how many.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Who {
    /// Full name, as the token has it.
    name: Option<String>,
    /// How the person signs in.
    username: Option<String>,
    /// Object id of the person, or of the program, within the tenant.
    object_id: String,
    /// Id of the tenant.
    tenant: String,
    /// Id of the client that holds the token.
    client: String,
    /// `delegated` (a person, through a client) or `app-only` (a program in its own name).
    kind: &'static str,
    /// What the token allows here.
    scopes: Vec<String>,
    /// App roles of the person or the program.
    roles: Vec<String>,
    /// How many groups the token names; null where they are too many to be named.
    groups: Option<usize>,
    /// Which form the token has: 1.0 or 2.0.
    version: &'static str,
    /// Seconds until the token ends.
    expires_in: u64,
}

impl Who {
    pub(super) fn new(identity: &Identity, claims: &Claims) -> Self {
        Self {
            name: identity.name.clone(),
            username: identity.username.clone(),
            object_id: identity.object_id.clone(),
            tenant: identity.tenant.clone(),
            client: identity.client.clone(),
            kind: identity.kind.as_str(),
            scopes: claims.scopes.iter().cloned().collect(),
            roles: identity.roles.iter().cloned().collect(),
            groups: match &identity.groups {
                Groups::Listed(groups) => Some(groups.len()),
                Groups::Overage => None,
            },
            version: identity.version.as_str(),
            expires_in: claims.expires_at.duration_since(SystemTime::now()).unwrap_or_default().as_secs(),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.username.as_deref().or(self.name.as_deref()).unwrap_or(&self.object_id);
        write!(f, "{name} ({}), through the client {}; scopes: {}", self.kind, self.client, self.scopes.join(" "))?;
        if self.roles.is_empty() { Ok(()) } else { write!(f, "; app roles: {}", self.roles.join(" ")) }
    }
}

/// One check.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Check {
    /// What was looked at.
    pub(super) check: &'static str,
    /// What stands in the token, or what was accepted.
    pub(super) found: String,
    /// Why it matters.
    pub(super) why: &'static str,
    /// Whether it was fulfilled.
    pub(super) passed: bool,
}

/// What the token is good for at one tool.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Use {
    /// The tool.
    pub(super) tool: &'static str,
    /// Whether a call would be let through to it.
    pub(super) allowed: bool,
    /// What is missing.
    pub(super) missing: Option<String>,
}

/// Why the token was let in.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Explanation {
    /// The checks, in the order in which they are made.
    pub(super) checks: Vec<Check>,
    /// What the token is good for.
    pub(super) tools: Vec<Use>,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, check) in self.checks.iter().enumerate() {
            let verdict = if check.passed { "ok" } else { "NOT ok" };
            writeln!(f, "{}. {}: {verdict} ({}). {}", number + 1, check.check, check.found, check.why)?;
        }
        for tool in &self.tools {
            match &tool.missing {
                None => writeln!(f, "{}: allowed", tool.tool)?,
                Some(missing) => writeln!(f, "{}: not allowed, {missing}", tool.tool)?,
            }
        }
        Ok(())
    }
}

/// Messages, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Messages {
    /// The messages.
    pub(super) messages: Vec<Message>,
}

impl fmt::Display for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.messages.is_empty() {
            return f.write_str("no messages");
        }
        let of = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
        for message in &self.messages {
            writeln!(f, "{} {}: {}", of(&message.received_date_time), of(&message.from), of(&message.subject))?;
        }
        Ok(())
    }
}

/// People, in the order of the directory.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Users {
    /// The people.
    pub(super) users: Vec<User>,
}

impl fmt::Display for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for user in &self.users {
            writeln!(f, "{}", of_user(user))?;
        }
        Ok(())
    }
}

/// One line about somebody.
pub(super) fn of_user(user: &User) -> String {
    let parts = [&user.display_name, &user.user_principal_name, &user.job_title, &user.office_location];
    let parts: Vec<&str> = parts.into_iter().filter_map(Option::as_deref).collect();
    if parts.is_empty() { user.id.clone() } else { parts.join(", ") }
}
