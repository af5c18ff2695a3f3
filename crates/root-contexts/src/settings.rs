//! What an operator can set. Nothing has to be set.

use std::path::PathBuf;

use clap::Args;
use mcp_support::llm::provider::ProviderArgs;
use secrecy::SecretString;

/// Settings of this lesson: flags, then environment variables, then defaults.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Folder that may be read, whatever the client's roots say (repeatable); without it, a sample project
    #[arg(
        long = "allow-dir",
        env = "ROOT_CONTEXTS_ALLOW_DIRS",
        value_delimiter = ':',
        global = true,
        value_name = "FOLDER"
    )]
    pub allow_dirs: Vec<PathBuf>,

    /// Folder for the database of contexts; without it they go with the process
    #[arg(long, env = "ROOT_CONTEXTS_DATA", global = true, value_name = "FOLDER")]
    pub data: Option<PathBuf>,

    /// Key that encrypts secret metadata: 32 bytes in base64; without it, secret metadata is refused
    #[arg(long, env = "ROOT_CONTEXTS_SECRET_KEY", global = true, hide_env_values = true, value_name = "KEY")]
    pub secret_key: Option<SecretString>,

    /// Key that seals cursors and the state of questions: at least 32 bytes in base64, the same in all processes
    #[arg(long, env = "ROOT_CONTEXTS_STATE_KEY", global = true, hide_env_values = true, value_name = "KEY")]
    pub state_key: Option<SecretString>,

    /// The model that summarizes, if any; without it, sentences are chosen.
    #[command(flatten)]
    pub model: ProviderArgs,
}
