//! URI templates (RFC 6570), read backwards: which values has a URI where its template has variables?
//!
//! Two forms are known, which is what resource templates need. `{name}` is one segment: no `/`, `?` and `#`. `{+name}`
//! is the rest of the URI, or all but a fixed end. Other forms of RFC 6570 are refused by [`Template::parse`], and so
//! is every template that a URI could fit in two ways.

mod error;
mod parse;
mod percent;

use std::collections::BTreeMap;

pub use error::{TemplateError, VarError};
use parse::Part;

/// Longest URI, and longest template, in bytes.
pub const URI_LIMIT: usize = 2048;

/// Values by the name of their variable: text, not percent-encoded.
pub type Vars = BTreeMap<String, String>;

/// A template, such as `db://tables/{table}/rows/{id}`.
///
/// It works in both directions: `template.matches(&template.expand(&values))` gives the same values again, if each
/// variable has a value, none is empty or contains NUL, and the URI is no longer than [`URI_LIMIT`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// It is no template, uses a form that is not known here, or could fit one URI in two ways.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Ok(Self { text: text.to_owned(), parts: parse::parts(text)? })
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Names of the variables, in the template's order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Simple(name) | Part::Reserved(name) => Some(name.as_str()),
        })
    }

    /// The values in `uri`, or `None` if it belongs to another template. Literals are compared exactly, and no value is
    /// empty.
    ///
    /// Values are percent-decoded once. A `%2F` is no separator, so it stays in its variable, and becomes a `/` in the
    /// value: whoever builds a path, a URL or a query from a value has to check what is in it, as with any input.
    /// Characters that should be encoded and are not, such as a blank, are taken as they are.
    ///
    /// # Errors
    /// The URI is longer than [`URI_LIMIT`]; or it fits, but a value is not percent-encoded UTF-8 or contains NUL.
    pub fn matches(&self, uri: &str) -> Result<Option<Vars>, VarError> {
        if uri.len() > URI_LIMIT {
            return Err(VarError::LongUri(uri.len()));
        }
        let Some(raw) = self.raw_values(uri) else { return Ok(None) };
        let decoded = raw.into_iter().map(|(name, value)| Ok((name.to_owned(), percent::decode(name, value)?)));
        decoded.collect::<Result<Vars, VarError>>().map(Some)
    }

    /// The URI of these values: unreserved characters as they are, in `{+name}` reserved ones too, all else
    /// percent-encoded in UTF-8. A variable without a value is left out (RFC 6570, section 3.2.1).
    ///
    /// One thing differs from RFC 6570, section 3.2.3, which lets `%41` in the value of a `{+name}` pass: values are
    /// plain text here, so that their `%` becomes `%25` and they come back as they were.
    pub fn expand(&self, values: &Vars) -> String {
        let mut uri = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => uri.push_str(text),
                Part::Simple(name) => percent::encode(values.get(name).map_or("", String::as_str), false, &mut uri),
                Part::Reserved(name) => percent::encode(values.get(name).map_or("", String::as_str), true, &mut uri),
            }
        }
        uri
    }

    /// Where each variable's value stands in the URI, still encoded.
    fn raw_values<'a>(&'a self, uri: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        let mut rest = uri;
        let mut found = Vec::new();
        let mut parts = self.parts.iter().peekable();
        while let Some(part) = parts.next() {
            let following = match parts.peek() {
                Some(Part::Literal(text)) => text.as_str(),
                _ => "",
            };
            let (name, end) = match part {
                Part::Literal(text) => {
                    rest = rest.strip_prefix(text.as_str())?;
                    continue;
                }
                // The literal after it begins with a character that no encoded value contains.
                Part::Simple(name) => {
                    let stop = |c: char| matches!(c, '/' | '?' | '#') || following.starts_with(c);
                    (name, rest.find(stop).unwrap_or(rest.len()))
                }
                // Only a literal can follow, and it ends the URI.
                Part::Reserved(name) => (name, rest.strip_suffix(following)?.len()),
            };
            let value = rest.get(..end).filter(|value| !value.is_empty())?;
            found.push((name.as_str(), value));
            rest = &rest[end..];
        }
        rest.is_empty().then_some(found)
    }
}

impl std::fmt::Display for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
