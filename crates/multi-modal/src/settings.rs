//! What an operator can set. Nothing has to be set.

use clap::{Args, ValueEnum};
use secrecy::SecretString;
use url::Url;

/// Which outside programs are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Programs {
    /// tesseract and pocketsphinx where they are on PATH
    Auto,
    /// None, even where they are installed
    None,
}

/// Settings of this lesson: flags, then environment variables, then defaults.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Recognizers that are run as programs
    #[arg(long, env = "MULTI_MODAL_PROGRAMS", default_value = "auto", global = true)]
    pub programs: Programs,

    /// Hosts that may be fetched although they are private, or over plain http (host or host:port; for tests)
    #[arg(long, env = "MULTI_MODAL_FETCH_HOSTS", value_delimiter = ',', global = true, value_name = "HOST",
          value_parser = mcp_support::cli::parse_host)]
    pub fetch_hosts: Vec<String>,

    /// Base URL of an OpenAI-compatible endpoint, such as `https://RESOURCE.openai.azure.com/openai/v1/`
    #[arg(
        long,
        env = "OPENAI_BASE_URL",
        default_value = "https://api.openai.com/v1/",
        global = true,
        value_name = "URL"
    )]
    pub openai_base_url: Url,

    /// Key of that endpoint; without it, it is not used
    #[arg(long, env = "OPENAI_API_KEY", global = true, hide_env_values = true, value_name = "KEY")]
    pub openai_api_key: Option<SecretString>,

    /// Model (or Azure deployment) that transcribes sound
    #[arg(long, env = "OPENAI_TRANSCRIPTION_MODEL", global = true, value_name = "MODEL")]
    pub openai_transcription_model: Option<String>,

    /// Model (or Azure deployment) that paints
    #[arg(long, env = "OPENAI_IMAGE_MODEL", global = true, value_name = "MODEL")]
    pub openai_image_model: Option<String>,

    /// Model (or Azure deployment) that sees
    #[arg(long, env = "OPENAI_VISION_MODEL", global = true, value_name = "MODEL")]
    pub openai_vision_model: Option<String>,
}
