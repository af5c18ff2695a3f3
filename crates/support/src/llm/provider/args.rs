//! What an operator sets.

use std::fmt::Write as _;

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{AzureDeployment, DEFAULT_TIMEOUT, Provider, ProviderSettings};
use crate::cli::UsageError;

/// The version of Azure's API that is asked for where none is set: the last one that has a date and is stable.
const AZURE_API_VERSION: &str = "2024-10-21";

/// Which model to use. Nothing has to be set; what is set must be complete.
#[derive(Debug, Clone, Default, Args)]
pub struct ProviderArgs {
    /// Base URL of a chat-completions endpoint, such as `https://api.openai.com/v1/`
    #[arg(long, env = "MODEL_BASE_URL", global = true, value_name = "URL")]
    pub model_base_url: Option<Url>,

    /// Key of that endpoint, if it needs one
    #[arg(long, env = "MODEL_API_KEY", global = true, hide_env_values = true, value_name = "KEY")]
    pub model_api_key: Option<SecretString>,

    /// Name of the model at that endpoint
    #[arg(long, env = "MODEL_NAME", global = true, value_name = "MODEL")]
    pub model_name: Option<String>,

    /// Instead of a base URL: an Azure OpenAI resource, such as `https://RESOURCE.openai.azure.com/`
    #[arg(long, env = "AZURE_OPENAI_ENDPOINT", global = true, value_name = "URL")]
    pub azure_openai_endpoint: Option<Url>,

    /// Deployment in that resource
    #[arg(long, env = "AZURE_OPENAI_DEPLOYMENT", global = true, value_name = "NAME")]
    pub azure_openai_deployment: Option<String>,

    /// Version of that resource's API (default: 2024-10-21)
    #[arg(long, env = "AZURE_OPENAI_API_VERSION", global = true, value_name = "VERSION")]
    pub azure_openai_api_version: Option<String>,

    /// Key of that resource
    #[arg(long, env = "AZURE_OPENAI_API_KEY", global = true, hide_env_values = true, value_name = "KEY")]
    pub azure_openai_api_key: Option<SecretString>,
}

impl ProviderArgs {
    /// The model that is set, or none if nothing is.
    ///
    /// # Errors
    /// A part is missing or cannot be used, or two models are set. The message names the variables.
    pub fn provider(&self) -> anyhow::Result<Option<Provider>> {
        Ok(self.settings()?.map(Provider::new).transpose()?)
    }

    /// The same, before a [`Provider`] is made of it: for another deadline.
    ///
    /// # Errors
    /// As [`Self::provider`].
    pub fn settings(&self) -> anyhow::Result<Option<ProviderSettings>> {
        let plain = [
            ("MODEL_BASE_URL", self.model_base_url.is_some(), true),
            ("MODEL_NAME", is_set(self.model_name.as_deref()), true),
            ("MODEL_API_KEY", is_set(exposed(self.model_api_key.as_ref())), false),
        ];
        let azure = [
            ("AZURE_OPENAI_ENDPOINT", self.azure_openai_endpoint.is_some(), true),
            ("AZURE_OPENAI_DEPLOYMENT", is_set(self.azure_openai_deployment.as_deref()), true),
            ("AZURE_OPENAI_API_KEY", is_set(exposed(self.azure_openai_api_key.as_ref())), true),
            ("AZURE_OPENAI_API_VERSION", is_set(self.azure_openai_api_version.as_deref()), false),
        ];
        match (is_complete(&plain)?, is_complete(&azure)?) {
            (false, false) => Ok(None),
            (true, true) => {
                let why = "two models are set; set either MODEL_BASE_URL or AZURE_OPENAI_ENDPOINT, with theirs";
                Err(UsageError(why.to_owned()).into())
            }
            (true, false) => Ok(self.model_base_url.clone().map(|base_url| ProviderSettings {
                base_url,
                api_key: self.model_api_key.clone().filter(|key| is_set(Some(key.expose_secret()))),
                model: self.model_name.clone().unwrap_or_default(),
                azure: None,
                timeout: DEFAULT_TIMEOUT,
            })),
            (false, true) => Ok(self.azure_openai_endpoint.clone().map(|base_url| ProviderSettings {
                base_url,
                api_key: self.azure_openai_api_key.clone(),
                model: self.azure_openai_deployment.clone().unwrap_or_default(),
                azure: Some(AzureDeployment {
                    deployment: self.azure_openai_deployment.clone().unwrap_or_default(),
                    api_version: self.api_version().to_owned(),
                }),
                timeout: DEFAULT_TIMEOUT,
            })),
        }
    }

    fn api_version(&self) -> &str {
        self.azure_openai_api_version.as_deref().filter(|version| is_set(Some(version))).unwrap_or(AZURE_API_VERSION)
    }
}

/// In files of variables, a name without a value stands for what is not set.
fn is_set(value: Option<&str>) -> bool {
    value.is_some_and(|value| !value.trim().is_empty())
}

fn exposed(key: Option<&SecretString>) -> Option<&str> {
    key.map(|key| key.expose_secret())
}

/// Whether all is set that is needed, or nothing at all. Each variable has its name, whether it is set, and whether it
/// is needed.
fn is_complete(variables: &[(&str, bool, bool)]) -> anyhow::Result<bool> {
    let names = |of: fn(&(&str, bool, bool)) -> bool| {
        let mut names = String::new();
        for (name, ..) in variables.iter().filter(|variable| of(variable)) {
            let comma = if names.is_empty() { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(names, "{comma}{name}");
        }
        names
    };
    let (set, missing) = (names(|(_, is_set, _)| *is_set), names(|(_, is_set, is_needed)| *is_needed && !is_set));
    if set.is_empty() {
        return Ok(false);
    }
    if !missing.is_empty() {
        let why = format!("the model is half set: {set} without {missing}; set all of them, or none");
        return Err(UsageError(why).into());
    }
    Ok(true)
}
