//! What Entra says when there is no token: OAuth's error, Microsoft's code, and what to do about it.

use serde::Deserialize;
use serde_json::Value;

/// Most characters of a description that are kept.
const DESCRIPTION_CHARS: usize = 300;
/// Longest `claims` challenge that is passed on, in bytes.
const CLAIMS_BYTES: usize = 4096;

/// Why Entra issued no token. It holds no secret: Entra repeats none, and what it says is cut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntraError {
    /// Entra has refused. See <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.
    #[error("Entra refused: {0}")]
    Refused(Box<Refused>),
    /// Entra asks for patience, and for how many seconds if it says so.
    #[error("Entra is busy; try again in {0} s")]
    Busy(u64),
    /// Nothing of use came back.
    #[error("Entra cannot be asked: {0}")]
    Unavailable(String),
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refused {
    /// As OAuth names it, such as `invalid_grant`.
    pub error: String,
    /// The number after `AADSTS`, such as 65001 (consent is missing); 0 when there is none.
    pub code: u32,
    /// The first sentence or two, for people, without trace ids.
    pub description: String,
    /// By which Microsoft's support finds the request again.
    pub correlation_id: Option<String>,
    /// What the next sign-in has to fulfil, as Conditional Access wants it: to be sent along unchanged as `claims`.
    pub claims: Option<String>,
}

impl Refused {
    /// A refusal that came with a browser instead of a body.
    pub(crate) fn told(error: &str, text: &str) -> Self {
        Self {
            error: one_line(error, 80),
            code: number(text).unwrap_or(0),
            description: description(text),
            ..Self::default()
        }
    }

    /// Whether only a person at a sign-in page can mend it: consent, a second factor, a password that has changed.
    pub fn needs_person(&self) -> bool {
        matches!(self.error.as_str(), "interaction_required" | "consent_required" | "login_required")
            || (self.error == "invalid_grant" && self.code != CODE_MALFORMED)
            || self.claims.is_some()
    }
}

/// The assertion or the grant is malformed: a sign-in would not help.
const CODE_MALFORMED: u32 = 50013;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.code {
            0 => write!(f, "{}: {}", self.error, self.description),
            code => write!(f, "{} (AADSTS{code}): {}", self.error, self.description),
        }
    }
}

/// The body as it comes.
#[derive(Deserialize)]
struct Body {
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    correlation_id: Option<String>,
    /// A string that holds JSON.
    claims: Option<String>,
}

impl EntraError {
    /// Reads the body of a refusal.
    pub(crate) fn read(status: u16, body: &[u8]) -> Self {
        let Ok(body) = serde_json::from_slice::<Body>(body) else {
            return Self::Unavailable(format!("it answered {status} without an OAuth error"));
        };
        let code = body.error_codes.first().copied().or_else(|| number(&body.error_description)).unwrap_or(0);
        let is_json = |claims: &String| {
            claims.len() <= CLAIMS_BYTES && serde_json::from_str::<Value>(claims).is_ok_and(|claims| claims.is_object())
        };
        Self::Refused(Box::new(Refused {
            error: one_line(&body.error, 80),
            code,
            description: description(&body.error_description),
            correlation_id: body.correlation_id.filter(|id| id.len() <= 64).map(|id| one_line(&id, 64)),
            claims: body.claims.filter(is_json),
        }))
    }

    /// The refusal, if it is one.
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Refused(refused) => Some(refused),
            _ => None,
        }
    }
}

/// `AADSTS65001: The user has not consented... Trace ID: ... Correlation ID: ... Timestamp: ...`
fn description(text: &str) -> String {
    let text = text.split(" Trace ID:").next().unwrap_or_default();
    let text = text.strip_prefix("AADSTS").and_then(|text| text.split_once(": ")).map_or(text, |(_, rest)| rest);
    one_line(text, DESCRIPTION_CHARS)
}

fn number(text: &str) -> Option<u32> {
    text.strip_prefix("AADSTS")?.split(':').next()?.parse().ok()
}

fn one_line(text: &str, chars: usize) -> String {
    text.chars().take(chars).map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_conditional_access() {
        let body = serde_json::json!({
            "error": "interaction_required",
            "error_description": "AADSTS50076: Due to a configuration change made by your administrator, you must use \
                 multi-factor authentication.\r\nTrace ID: 1 Correlation ID: 2 Timestamp: 3".replace("\r\n", " "),
            "error_codes": [50076],
            "correlation_id": "8a0d5e11-9d50-4a2c-8d2c-5dcb1b3b3a53",
            "claims": "{\"access_token\":{\"acrs\":{\"essential\":true,\"value\":\"c1\"}}}",
        });
        let error = EntraError::read(400, body.to_string().as_bytes());
        let refused = error.refused().expect("a refusal");
        assert_eq!((refused.code, refused.needs_person()), (50076, true));
        assert!(refused.description.ends_with("multi-factor authentication."), "{refused}");
        assert!(refused.claims.as_ref().is_some_and(|claims| claims.contains("acrs")));
    }

    #[test]
    fn what_is_no_oauth_error() {
        for body in ["", "<html>", "{}", "[]", r#"{"error": 7}"#] {
            assert!(matches!(EntraError::read(502, body.as_bytes()), EntraError::Unavailable(_)), "{body}");
        }
        let claims = |claims: &str| {
            let body = serde_json::json!({"error": "interaction_required", "claims": claims});
            EntraError::read(400, body.to_string().as_bytes()).refused().and_then(|refused| refused.claims.clone())
        };
        assert_eq!(claims("no JSON"), None);
        assert_eq!(claims(&format!("{{\"a\": \"{}\"}}", "x".repeat(CLAIMS_BYTES))), None);
    }
}
