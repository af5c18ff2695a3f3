//! What a test or the tour makes happen on purpose.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Service, directory, graph::throttle::Ordered, known};
use std::sync::atomic::Ordering;

/// Most that one order holds.
const MAX_SECONDS: i64 = 86_400;

/// One thing to happen. Over HTTP the action is the last part of the path, such as `POST /stand-in/rotate-keys`, and
/// the rest is the JSON body.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Control {
    /// The next key signs.
    RotateKeys {
        /// Publish the old keys no longer: what they have signed becomes worthless.
        #[serde(default)]
        withdraw: bool,
    },
    /// Graph refuses the next requests.
    Throttle {
        /// How many.
        requests: u32,
        /// Seconds in `Retry-After`; none when absent.
        #[serde(default)]
        retry_after: Option<u32>,
        /// With this status.
        #[serde(default = "too_many")]
        status: u16,
    },
    /// How long access tokens live from now on; at most a day, and negative for tokens that have expired already.
    AccessSeconds {
        /// Seconds.
        seconds: i64,
    },
    /// Everything that was issued to somebody ends: refresh tokens, and with continuous access evaluation access
    /// tokens.
    RevokeSessions {
        /// The sign-in name.
        user: String,
    },
    /// An app loses what it was allowed to.
    RevokeConsent {
        /// Its id.
        app: String,
        /// By this person; by everybody and by administrators when absent.
        #[serde(default)]
        user: Option<String>,
    },
    /// An administrator allows an app to use Graph for everybody.
    GrantConsent {
        /// Its id.
        app: String,
        /// Scopes of Graph.
        scopes: Vec<String>,
    },
    /// All authorization codes and device codes that are out have expired.
    ExpireCodes {},
    /// All refresh tokens that are out have expired.
    ExpireRefreshTokens {},
    /// How many requests Graph has had.
    GraphRequests {},
}

fn too_many() -> u16 {
    429
}

impl Service {
    /// Makes it happen. Blocks, when a key is made.
    pub(super) fn control(&self, control: Control) -> anyhow::Result<Value> {
        let now = self.now();
        let app = |id: &str| {
            let found = self.shared.directory.by_id(id);
            found.map(|app| app.id).ok_or_else(|| anyhow::anyhow!("this app is not known"))
        };
        let person = |name: &str| directory::user(name).ok_or_else(|| anyhow::anyhow!("nobody has this name"));
        match control {
            Control::RotateKeys { withdraw } => {
                let kid = self.shared.keys.rotate(now)?;
                if withdraw {
                    self.shared.keys.withdraw();
                }
                return Ok(json!({"kid": kid}));
            }
            Control::Throttle { requests, retry_after, status } => {
                anyhow::ensure!((400..600).contains(&status), "the status is none of a refusal");
                self.shared.throttle.order(Ordered { requests, status, retry_after: retry_after.map(i64::from) });
            }
            Control::AccessSeconds { seconds } => {
                anyhow::ensure!((-MAX_SECONDS..=MAX_SECONDS).contains(&seconds), "a day at most");
                self.shared.access_seconds.store(seconds, Ordering::Relaxed);
            }
            Control::RevokeSessions { user } => self.shared.sessions.revoke(person(&user)?, now),
            Control::RevokeConsent { app: id, user } => {
                let user = user.map(|user| person(&user)).transpose()?;
                for tenant in &directory::TENANTS {
                    self.shared.consents.revoke(tenant.id, app(&id)?, user.map(|user| user.id));
                }
            }
            Control::GrantConsent { app: id, scopes } => {
                let graph = self.shared.directory.by_id(known::GRAPH_APP);
                let all_known = scopes.iter().all(|scope| graph.is_some_and(|graph| graph.scope(scope).is_some()));
                anyhow::ensure!(all_known, "Graph has no such scope");
                for tenant in &directory::TENANTS {
                    self.shared.consents.grant(tenant.id, app(&id)?, known::GRAPH_APP, None, scopes.clone());
                }
            }
            Control::ExpireCodes {} => {
                self.shared.codes.for_each(|code| code.expire(now));
                self.shared.devices.for_each(|device| device.expire(now));
            }
            Control::ExpireRefreshTokens {} => self.shared.refresh_tokens.clear(),
            Control::GraphRequests {} => return Ok(json!({"requests": self.shared.throttle.requests()})),
        }
        Ok(json!({}))
    }
}
