//! What an operator can set. Nothing has to be set.

use clap::Args;
use mcp_support::llm::provider::ProviderArgs;
use secrecy::SecretString;

use crate::completer::Backend;

/// Settings of this lesson: flags, then environment variables, then defaults.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Who is asked for an answer, in this order
    #[arg(
        long,
        env = "SAMPLING_BACKENDS",
        value_delimiter = ',',
        default_value = "client,provider,embedded",
        global = true,
        value_name = "BACKENDS"
    )]
    pub backends: Vec<Backend>,

    /// Requests to the provider or the embedded model that each caller may cause in a minute
    #[arg(long, env = "SAMPLING_REQUESTS_PER_MINUTE", default_value_t = 60, global = true, value_name = "NUMBER",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub requests_per_minute: u32,

    /// Tokens of those models, read and written, that each caller may cause in an hour
    #[arg(long, env = "SAMPLING_TOKENS_PER_HOUR", default_value_t = 200_000, global = true, value_name = "NUMBER",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub tokens_per_hour: u64,

    /// Key that seals the state of questions: at least 32 bytes in base64, the same in all processes
    #[arg(long, env = "SAMPLING_STATE_KEY", global = true, hide_env_values = true, value_name = "KEY")]
    pub state_key: Option<SecretString>,

    /// The provider, if any.
    #[command(flatten)]
    pub provider: ProviderArgs,
}
