//! What can be wrong with a template, and with a URI.

use super::URI_LIMIT;

/// Why a text is no template that is known here. It is the developer's to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Nothing, or more than [`URI_LIMIT`] bytes; how many.
    #[error("a template of {0} bytes")]
    Length(usize),
    /// A `{` without its `}`.
    #[error("a brace is not closed")]
    Open,
    /// Between braces stands something other than `name` or `+name`.
    #[error("the expression '{{{0}}}' is neither {{name}} nor {{+name}}")]
    Expression(String),
    /// A character outside of braces that no URI contains.
    #[error("the character {0:?} cannot stand in a URI")]
    Literal(char),
    /// A variable's name that stands there twice.
    #[error("the variable '{0}' stands there twice")]
    Twice(String),
    /// A variable's name after which it is not clear where its value ends: after `{name}` a literal has to begin with a
    /// reserved character, such as `/`, and after `{+name}` no other variable may follow.
    #[error("nothing says where the value of '{0}' ends")]
    Ambiguous(String),
}

/// Why a URI that fits a template has no values. It is the caller's to mend. No message repeats the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VarError {
    /// More than [`URI_LIMIT`] bytes; how many.
    #[error("a URI of {0} bytes")]
    LongUri(usize),
    /// The variable's value has a `%` without two hexadecimal digits.
    #[error("'{0}' has a % that no two hexadecimal digits follow")]
    Percent(String),
    /// The variable's value is no UTF-8 once it is decoded.
    #[error("'{0}' is not UTF-8")]
    NotUtf8(String),
    /// The variable's value contains NUL.
    #[error("'{0}' contains NUL")]
    Nul(String),
}

impl VarError {
    /// What the caller can do about it, in one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::LongUri(_) => format!("send a URI of at most {URI_LIMIT} bytes"),
            Self::Percent(_) => "write a percent sign as %25".to_owned(),
            Self::NotUtf8(_) => "percent-encode the bytes of the value in UTF-8".to_owned(),
            Self::Nul(_) => "send a value without NUL".to_owned(),
        }
    }
}
