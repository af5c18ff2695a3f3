//! Parameters, each at most once.

use std::collections::HashMap;

use crate::authorization::OAuthError;

/// Parameters of a query or a form.
pub(super) struct Parameters(HashMap<String, String>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded`.
    // Spec(RFC 6749, section 3.1): a parameter MUST NOT come more than once: two readers could take different ones. Empty
    // ones are as good as missing.
    pub(super) fn read(text: &[u8]) -> Result<Self, OAuthError> {
        let mut found = HashMap::new();
        for (name, value) in url::form_urlencoded::parse(text).take(100) {
            if found.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(OAuthError::request("a parameter comes more than once"));
            }
        }
        found.retain(|_, value: &mut String| !value.is_empty());
        Ok(Self(found))
    }

    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    pub(super) fn require(&mut self, name: &str) -> Result<String, OAuthError> {
        self.take(name).ok_or_else(|| OAuthError::request(format!("{name} is missing")))
    }
}
