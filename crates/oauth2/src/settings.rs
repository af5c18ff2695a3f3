//! What an operator can set, and what is refused.

use std::path::PathBuf;

use clap::{Args, builder::BoolishValueParser};
use mcp_support::{
    auth::{Dpop, DpopPolicy},
    cli::UsageError,
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::authorization::secret;

/// Shortest secret and password, in characters.
const MIN_SECRET_CHARS: usize = 12;
/// What samples and tutorials use, and everybody knows.
const KNOWN: [&str; 8] = ["secret", "changeme", "password", "default", "example", "mcpsecret", "mcpclient", "demo"];

/// Settings of this lesson: flags, then environment variables, then defaults.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Folder for keys, grants and notes; without it they go with the process
    #[arg(long, env = "OAUTH2_DATA", global = true, value_name = "FOLDER")]
    pub data: Option<PathBuf>,

    /// Where clients reach this server, such as `https://mcp.example.com`; without it, the address that it listens on
    #[arg(long, env = "OAUTH2_PUBLIC_URL", global = true, value_name = "URL")]
    pub public_url: Option<Url>,

    /// Id of the confidential client
    #[arg(long, env = "OAUTH_CLIENT_ID", default_value = "mcp-client", global = true, value_name = "ID")]
    pub client_id: String,

    /// Its secret, at least 12 characters; without it, one is made up and printed once (better as a variable)
    #[arg(long, env = "OAUTH_CLIENT_SECRET", hide_env_values = true, global = true, value_name = "SECRET")]
    pub client_secret: Option<SecretString>,

    /// File with the public keys (JWK set) of a client called `ID-key`, which signs instead of sending a secret
    #[arg(long, env = "OAUTH_CLIENT_JWKS", global = true, value_name = "FILE")]
    pub client_jwks: Option<PathBuf>,

    /// Redirect URIs of the pre-registered clients; the port of a loopback address may differ
    #[arg(
        long,
        env = "OAUTH_REDIRECT_URIS",
        value_delimiter = ',',
        global = true,
        value_name = "URI",
        default_value = "http://127.0.0.1/callback,http://localhost/callback"
    )]
    pub redirect_uris: Vec<String>,

    /// Names of the demo users
    #[arg(
        long,
        env = "OAUTH_DEMO_USERS",
        value_delimiter = ',',
        default_value = "ada,grace",
        global = true,
        value_name = "NAME"
    )]
    pub demo_users: Vec<String>,

    /// Their password, at least 12 characters; without it, one is made up and printed once (better as a variable)
    #[arg(long, env = "OAUTH_DEMO_PASSWORD", hide_env_values = true, global = true, value_name = "PASSWORD")]
    pub demo_password: Option<SecretString>,

    /// Let clients register themselves (RFC 7591; deprecated in 2026-07-28)
    #[arg(long, env = "OAUTH_DYNAMIC_REGISTRATION", value_parser = BoolishValueParser::new(), global = true)]
    pub dynamic_registration: bool,

    /// Tokens that are bound to a key of their client (RFC 9449): `off`, `optional` for clients that send a proof, or
    /// `required` for all
    #[arg(long, env = "OAUTH_DPOP", value_enum, default_value_t = DpopPolicy::Optional, global = true)]
    pub dpop: DpopPolicy,

    /// Proofs of keys have to hold a nonce of this server, so that none can be made in advance
    #[arg(long, env = "OAUTH_DPOP_NONCE", value_parser = BoolishValueParser::new(), global = true)]
    pub dpop_nonce: bool,

    /// Hosts whose client metadata documents are fetched although they are private, or over plain http (for tests)
    #[arg(long, env = "OAUTH_METADATA_HOSTS", value_delimiter = ',', global = true, value_name = "HOST",
          value_parser = mcp_support::cli::parse_host)]
    pub metadata_hosts: Vec<String>,
}

impl Settings {
    /// The rules for proofs of keys, the same at both servers.
    pub fn dpop_rules(&self) -> Dpop {
        Dpop { policy: self.dpop, nonce: self.dpop_nonce, ..Dpop::default() }
    }

    /// The client's secret: the operator's, or one that is made up and shown once.
    ///
    /// # Errors
    /// It is blank, short, or one that everybody knows.
    pub fn secret_of_client(&self) -> Result<SecretString, UsageError> {
        chosen_or_random("OAUTH_CLIENT_SECRET", self.client_secret.as_ref(), &self.client_id)
    }

    /// The demo users' password, in the same way.
    ///
    /// # Errors
    /// As [`Settings::secret_of_client`].
    pub fn password(&self) -> Result<SecretString, UsageError> {
        chosen_or_random("OAUTH_DEMO_PASSWORD", self.demo_password.as_ref(), &self.demo_users.join(","))
    }
}

/// Spec(the course, 5.3): no start with a blank or default secret. Nothing set is no default: what is made up is random.
fn chosen_or_random(name: &str, chosen: Option<&SecretString>, of: &str) -> Result<SecretString, UsageError> {
    let Some(chosen) = chosen else {
        let random = secret::random();
        // Written once, to the operator's terminal, and nowhere else.
        eprintln!("{name} is not set; made up for {of}, for this start: {random}");
        return Ok(random.into());
    };
    check(name, chosen.expose_secret()).map(|()| chosen.clone())
}

fn check(name: &str, chosen: &str) -> Result<(), UsageError> {
    let letters: String = chosen.chars().filter(|letter| letter.is_alphabetic()).collect();
    let what = if chosen.trim().is_empty() {
        "is blank"
    } else if KNOWN.contains(&letters.to_lowercase().as_str()) {
        "is one that everybody knows"
    } else if chosen.chars().count() < MIN_SECRET_CHARS {
        "has fewer than 12 characters"
    } else if chosen.len() > 200 {
        "has more than 200 bytes"
    } else {
        return Ok(());
    };
    Err(UsageError(format!("{name} {what}; set a random one, such as from `openssl rand -base64 32`")))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn secrets_that_are_none() {
        for bad in ["", "   ", "short", "secret", "change-me-1234", "Password12345", "default-secret".split_at(7).0] {
            assert!(check("X", bad).is_err(), "{bad}");
        }
        assert!(check("X", &"x".repeat(201)).is_err());
        assert!(check("X", "3mOq1xTz9RkLw2").is_ok());
        assert!(!check("X", "a-blank-no").expect_err("short").0.contains("a-blank-no"), "never shown");
    }
}
