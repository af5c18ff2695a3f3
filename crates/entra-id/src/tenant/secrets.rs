//! The password and the secret of the stand-in, as an operator may choose them.

use clap::Args;
use mcp_support::cli::UsageError;
use secrecy::{ExposeSecret, SecretString};

use super::{TenantSettings, random};

/// Shortest password and secret that are taken, in characters.
const MIN_SECRET_CHARS: usize = 12;

/// What the stand-in asks people and apps for. What is not set is made up.
#[derive(Debug, Clone, Default, Args)]
pub struct StandInSecrets {
    /// Password of all sign-in names of the stand-in, at least 12 characters; without it, one is made up and printed once
    /// (better as a variable)
    #[arg(
        long = "stand-in-password",
        env = "ENTRA_STAND_IN_PASSWORD",
        hide_env_values = true,
        value_name = "PASSWORD"
    )]
    pub password: Option<SecretString>,

    /// Secret of the MCP server's app and of the daemon's in the stand-in, in the same way
    #[arg(long = "stand-in-secret", env = "ENTRA_STAND_IN_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub secret: Option<SecretString>,
}

impl StandInSecrets {
    /// Settings of a stand-in with these.
    ///
    /// # Errors
    /// One is too short, or too long.
    pub fn settings(&self) -> Result<TenantSettings, UsageError> {
        let secret = chosen("ENTRA_STAND_IN_SECRET", self.secret.as_ref())?;
        Ok(TenantSettings {
            password: chosen("ENTRA_STAND_IN_PASSWORD", self.password.as_ref())?,
            server_secret: secret.clone(),
            daemon_secret: secret,
            ..TenantSettings::default()
        })
    }
}

fn chosen(name: &str, chosen: Option<&SecretString>) -> Result<SecretString, UsageError> {
    match chosen {
        None => Ok(random::secret().into()),
        Some(chosen) if (MIN_SECRET_CHARS..=200).contains(&chosen.expose_secret().trim().chars().count()) => {
            Ok(chosen.clone())
        }
        Some(_) => Err(UsageError(format!("{name} has to have 12 to 200 characters; set none, and one is made up"))),
    }
}
