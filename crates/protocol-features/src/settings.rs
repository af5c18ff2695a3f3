//! What an operator can set. Nothing has to be set.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;
use url::Url;

/// Settings of this lesson: flags, then environment variables, then defaults.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Folder for the database, the tasks and downloads; without it they go with the process
    #[arg(long, env = "PROTOCOL_FEATURES_DATA", global = true, value_name = "FOLDER")]
    pub data: Option<PathBuf>,

    /// Folder whose files may be read; without it there are two sample files
    #[arg(long, env = "PROTOCOL_FEATURES_FILES", global = true, value_name = "FOLDER")]
    pub files: Option<PathBuf>,

    /// Hosts that may be downloaded from although they are private, or over plain http (host or host:port; for tests)
    #[arg(long, env = "PROTOCOL_FEATURES_FETCH_HOSTS", value_delimiter = ',', global = true, value_name = "HOST",
          value_parser = mcp_support::cli::parse_host)]
    pub fetch_hosts: Vec<String>,

    /// Where people reach this server's pages, such as `https://mcp.example.com/`; without it, where the client does
    #[arg(long, env = "PROTOCOL_FEATURES_PUBLIC_URL", global = true, value_name = "URL")]
    pub public_url: Option<Url>,

    /// Key that seals cursors and the state of questions: at least 32 bytes in base64, the same in all processes
    #[arg(long, env = "PROTOCOL_FEATURES_STATE_KEY", global = true, hide_env_values = true, value_name = "KEY")]
    pub state_key: Option<SecretString>,

    /// Base URL of a weather service that speaks Open-Meteo's API, such as `https://api.open-meteo.com/`
    #[arg(long, env = "WEATHER_BASE_URL", global = true, value_name = "URL")]
    pub weather_base_url: Option<Url>,

    /// Base URL of GitHub's REST API; without it and without a token, issues come from what is in the binary
    #[arg(long, env = "GITHUB_BASE_URL", global = true, value_name = "URL")]
    pub github_base_url: Option<Url>,

    /// Token for GitHub's REST API
    #[arg(long, env = "GITHUB_TOKEN", global = true, hide_env_values = true, value_name = "TOKEN")]
    pub github_token: Option<SecretString>,
}
