//! Parameters, each at most once.

use std::collections::HashMap;

/// Why parameters cannot be used. The text is for whoever has sent them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParametersError {
    /// One comes twice.
    #[error("a parameter comes more than once")]
    Repeated,
    /// One is missing, or empty.
    #[error("{0} is missing")]
    Missing(&'static str),
}

/// Parameters of a query or a form.
pub struct Parameters(HashMap<String, String>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded`.
    ///
    /// # Errors
    /// A parameter comes more than once.
    // Spec(RFC 6749, section 3.1): a parameter MUST NOT come more than once: two readers could take different ones. Empty
    // ones are as good as missing.
    pub fn read(text: &[u8]) -> Result<Self, ParametersError> {
        let mut found = HashMap::new();
        for (name, value) in url::form_urlencoded::parse(text).take(100) {
            if found.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(ParametersError::Repeated);
            }
        }
        found.retain(|_, value: &mut String| !value.is_empty());
        Ok(Self(found))
    }

    /// Takes a parameter out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Takes a parameter out that has to be there.
    ///
    /// # Errors
    /// It is missing, or empty.
    pub fn require(&mut self, name: &'static str) -> Result<String, ParametersError> {
        self.take(name).ok_or(ParametersError::Missing(name))
    }
}
