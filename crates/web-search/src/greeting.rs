//! A greeting in one of three languages: what this server does, without protocol types.

use std::{fmt, str::FromStr};

/// Longest name, in characters.
pub const NAME_LIMIT: usize = 80;

/// Greets `name`, which is trimmed first.
///
/// # Errors
/// The name is empty, longer than [`NAME_LIMIT`] characters, or contains a control character.
pub fn greet(name: &str, language: Language) -> Result<String, GreetingError> {
    let name = name.trim();
    let length = name.chars().count();
    if length == 0 {
        return Err(GreetingError::EmptyName);
    }
    if length > NAME_LIMIT {
        return Err(GreetingError::LongName(length));
    }
    if let Some(control) = name.chars().find(|character| character.is_control()) {
        return Err(GreetingError::ControlCharacter(control));
    }
    let hello = match language {
        Language::English => "Hello",
        Language::German => "Hallo",
        Language::Spanish => "Hola",
    };
    Ok(format!("{hello}, {name}!"))
}

/// A language that greetings are known in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `en`
    English,
    /// `de`
    German,
    /// `es`
    Spanish,
}

impl Language {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::English, Self::German, Self::Spanish];

    /// The tag by which a caller names it (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Spanish => "es",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl FromStr for Language {
    type Err = GreetingError;

    fn from_str(tag: &str) -> Result<Self, GreetingError> {
        let known = Self::ALL.into_iter().find(|language| language.tag() == tag);
        known.ok_or_else(|| GreetingError::UnknownLanguage(tag.chars().take(NAME_LIMIT).collect()))
    }
}

/// Why there is no greeting. [`GreetingError::hint`] says how to get one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GreetingError {
    /// Nothing but white space.
    #[error("the name is empty")]
    EmptyName,
    /// More than [`NAME_LIMIT`] characters; the actual number.
    #[error("the name has {0} characters")]
    LongName(usize),
    /// A line break, an escape or the like, which would let a name write more than a name.
    #[error("the name contains the control character {0:?}")]
    ControlCharacter(char),
    /// No tag of a [`Language`].
    #[error("unknown language '{0}'")]
    UnknownLanguage(String),
}

impl GreetingError {
    /// What the caller can do about it, in one sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::EmptyName => "say whom to greet".to_owned(),
            Self::LongName(_) => format!("send at most {NAME_LIMIT} characters"),
            Self::ControlCharacter(_) => "send the name on one line, without control characters".to_owned(),
            Self::UnknownLanguage(_) => {
                format!("use one of: {}", Language::ALL.map(Language::tag).join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greets_in_each_language() {
        for (language, greeting) in
            [(Language::English, "Hello, Ada!"), (Language::German, "Hallo, Ada!"), (Language::Spanish, "Hola, Ada!")]
        {
            assert_eq!(greet(" Ada ", language).as_deref(), Ok(greeting));
        }
    }

    #[test]
    fn refuses_what_is_no_name() {
        let longest = "ä".repeat(NAME_LIMIT);
        assert!(greet(&longest, Language::English).is_ok(), "characters are counted, not bytes");
        for (name, error) in [
            ("", GreetingError::EmptyName),
            (" \t\n", GreetingError::EmptyName),
            (&format!("{longest}x"), GreetingError::LongName(NAME_LIMIT + 1)),
            ("Ada\nand Grace", GreetingError::ControlCharacter('\n')),
        ] {
            assert_eq!(greet(name, Language::English), Err(error), "{name:?}");
        }
    }

    #[test]
    fn a_language_is_its_tag() {
        for language in Language::ALL {
            assert_eq!(language.to_string().parse(), Ok(language));
        }
        let error = "fr".parse::<Language>().expect_err("not known");
        assert_eq!(error.hint(), "use one of: en, de, es");
    }
}
