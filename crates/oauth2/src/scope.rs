//! What a token may be used for. The names are the contract between the three roles.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// To be let in at all.
    #[serde(rename = "mcp.access")]
    Access,
    /// To read one's notes.
    #[serde(rename = "mcp.read")]
    Read,
    /// To write notes.
    #[serde(rename = "mcp.write")]
    Write,
    /// To delete notes.
    #[serde(rename = "mcp.admin")]
    Admin,
}

impl Scope {
    /// All, from the least to the most that they allow.
    pub const ALL: [Self; 4] = [Self::Access, Self::Read, Self::Write, Self::Admin];

    /// As it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Access => "mcp.access",
            Self::Read => "mcp.read",
            Self::Write => "mcp.write",
            Self::Admin => "mcp.admin",
        }
    }

    /// What it means, for the consent page.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Access => "Connect to the server and be greeted",
            Self::Read => "Read your notes, and see who you are",
            Self::Write => "Write new notes in your name",
            Self::Admin => "Delete your notes, for good",
        }
    }
}

/// A set of scopes, written with spaces between them (RFC 6749, section 3.3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Every scope that exists.
    pub fn all() -> Self {
        Self(Scope::ALL.into())
    }

    /// Whether this one is in it.
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Whether all of these are in the other.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// One after the other, in order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Scope::as_str).collect();
        f.write_str(&names.join(" "))
    }
}

/// A name that is no scope here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope '{0}'")]
pub struct UnknownScope(String);

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let one = |name: &str| {
            let known = Scope::ALL.into_iter().find(|scope| scope.as_str() == name);
            known.ok_or_else(|| UnknownScope(name.chars().filter(|c| c.is_ascii_graphic()).take(40).collect()))
        };
        text.split(' ').filter(|name| !name.is_empty()).map(one).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_read_and_written() {
        let scopes: Scopes = "mcp.write mcp.access  mcp.write".parse().expect("known");
        assert_eq!(scopes.to_string(), "mcp.access mcp.write");
        assert!(scopes.is_within(&Scopes::all()) && !Scopes::all().is_within(&scopes));
        assert_eq!("".parse(), Ok(Scopes::default()));
        assert_eq!("mcp.access root".parse::<Scopes>(), Err(UnknownScope("root".to_owned())));
        assert!("MCP.ACCESS".parse::<Scopes>().is_err(), "case matters");
    }
}
