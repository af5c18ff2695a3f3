//! The models of this host: the provider's, if one is set, and the embedded one, which is always there.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use mcp_support::{
    cli::UsageError,
    llm::{
        ChatModel as _, ChatReply, ModelError,
        provider::{Provider, ProviderArgs},
    },
};

use super::{args::Args, choice::Card, prompt::Prompt};
use crate::embedded::SmallModel;

/// What the embedded model is called.
const EMBEDDED: &str = "embedded";

/// A model that a request can be sent to.
#[derive(Clone)]
pub(super) struct Model {
    pub(super) card: Card,
    /// For 1000 tokens, read or written.
    pub(super) price: f64,
    pub(super) answers: Arc<dyn Answers>,
}

/// Whatever answers a prompt.
#[async_trait]
pub(super) trait Answers: Send + Sync {
    /// The answer.
    async fn answer(&self, prompt: &Prompt) -> Result<ChatReply, ModelError>;
}

#[async_trait]
impl Answers for Provider {
    async fn answer(&self, prompt: &Prompt) -> Result<ChatReply, ModelError> {
        self.chat(&prompt.chat.0).await
    }
}

#[async_trait]
impl Answers for SmallModel {
    async fn answer(&self, prompt: &Prompt) -> Result<ChatReply, ModelError> {
        SmallModel::answer(self, &prompt.task, &prompt.chat.0).await
    }
}

/// The catalogue, the preferred first. Each `--model` describes one at the provider's endpoint.
///
/// # Errors
/// The provider is half set, a model has no endpoint that it could be at, or there is no model at all.
pub(super) fn catalogue(provider: &ProviderArgs, args: &Args) -> anyhow::Result<Vec<Model>> {
    let (cards, price, timeout) = (&args.model, args.price_per_1000_tokens, Duration::from_secs(args.timeout));
    let mut models = Vec::new();
    match provider.settings()? {
        None if !cards.is_empty() => {
            return Err(UsageError("--model describes a model of a provider: set MODEL_BASE_URL too".to_owned()).into());
        }
        None => {}
        Some(settings) => {
            let usual = Card {
                name: settings.model.clone(),
                cost: 0.5,
                speed: 0.5,
                intelligence: 0.8,
                images: false,
                audio: false,
            };
            let described: Vec<Card> = if cards.is_empty() { vec![usual] } else { cards.to_vec() };
            for card in described {
                if settings.azure.is_some() && card.name != settings.model {
                    let what = format!("--model {}: a deployment has one model, {}", card.name, settings.model);
                    return Err(UsageError(what).into());
                }
                let mut settings = settings.clone();
                settings.model.clone_from(&card.name);
                settings.timeout = timeout;
                models.push(Model { card, price, answers: Arc::new(Provider::new(settings)?) });
            }
        }
    }
    if args.without_embedded {
        if models.is_empty() {
            return Err(UsageError("--without-embedded leaves no model: set MODEL_BASE_URL too".to_owned()).into());
        }
        return Ok(models);
    }
    let card =
        Card { name: EMBEDDED.to_owned(), cost: 0.0, speed: 1.0, intelligence: 0.1, images: false, audio: false };
    models.push(Model { card, price: 0.0, answers: Arc::new(SmallModel::new()) });
    Ok(models)
}
