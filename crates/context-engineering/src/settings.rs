//! What an operator can set. Nothing has to be set.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use clap::Args;
use mcp_support::{cli::UsageError, llm::provider::ProviderArgs};
use secrecy::SecretString;
use url::Url;

use crate::{
    corpus::Embedding,
    remembered::Remembering,
    service::{Service, ServiceError},
    tokens::Encoding,
};

/// Settings of this lesson: flags, then environment variables, then defaults.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Folder below which `ingest_documents` may read files; without it, it reads none
    #[arg(long, env = "CONTEXT_DOCUMENTS", global = true, value_name = "FOLDER")]
    pub documents: Option<PathBuf>,

    /// Folder for contexts and decisions; without it they go with the process
    #[arg(long, env = "CONTEXT_DATA", global = true, value_name = "FOLDER")]
    pub data: Option<PathBuf>,

    /// How tokens are counted: o200k_base or cl100k_base
    #[arg(long, env = "CONTEXT_ENCODING", global = true, default_value = "o200k_base", value_name = "ENCODING")]
    pub encoding: Encoding,

    /// Base URL of an embeddings endpoint, such as `https://api.openai.com/v1/`; without it, vectors are learned from the
    /// corpus
    #[arg(long, env = "EMBEDDINGS_BASE_URL", global = true, value_name = "URL")]
    pub embeddings_base_url: Option<Url>,

    /// Name of the model at that endpoint
    #[arg(long, env = "EMBEDDINGS_MODEL", global = true, value_name = "MODEL")]
    pub embeddings_model: Option<String>,

    /// Key of that endpoint, if it needs one
    #[arg(long, env = "EMBEDDINGS_API_KEY", global = true, hide_env_values = true, value_name = "KEY")]
    pub embeddings_api_key: Option<SecretString>,

    /// The model that answers and summarizes, if any; without it, sentences are chosen.
    #[command(flatten)]
    pub model: ProviderArgs,
}

impl Settings {
    /// Where vectors come from. Asks the service once, where one is set; needs a runtime.
    ///
    /// # Errors
    /// The service is half set, or does not answer.
    pub async fn embedding(&self) -> anyhow::Result<Embedding> {
        let model = self.embeddings_model.clone().filter(|model| !model.trim().is_empty());
        match (self.embeddings_base_url.clone(), model) {
            (None, None) => Ok(Embedding::Embedded),
            (Some(url), Some(model)) => {
                let key = self.embeddings_api_key.clone();
                let connecting = tokio::task::spawn_blocking(move || Service::connect(&url, key.as_ref(), &model));
                let service = connecting.await.context("connecting")?.map_err(|error| match error {
                    ServiceError::BaseUrl | ServiceError::Key => UsageError(error.to_string()).into(),
                    other => anyhow::Error::msg(other.to_string()),
                })?;
                Ok(Embedding::Service(Arc::new(Remembering::new(service))))
            }
            _ => {
                let why = "the embeddings are half set: set EMBEDDINGS_BASE_URL and EMBEDDINGS_MODEL, or none of them";
                Err(UsageError(why.to_owned()).into())
            }
        }
    }
}
