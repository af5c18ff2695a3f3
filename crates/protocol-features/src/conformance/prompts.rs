//! Prompts: plain, with arguments and their completion, with a resource, with an image, and one that asks first.

use mcp_support::ask::{self, Ask};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{prompt::IntoGetPromptResult, wrapper::Parameters},
    model::{
        CompleteRequestParams, CompleteResult, CompletionInfo, ContentBlock, GetPromptResponse, GetPromptResult,
        PromptMessage, ResourceContents, Role,
    },
    prompt, prompt_router,
    service::RequestContext,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Fixtures, asking, content::PICTURE, input_required::field};

/// What the first argument may be completed to.
const WORDS: [&str; 4] = ["paragraph", "parameter", "party", "test value"];

#[derive(Deserialize, JsonSchema)]
struct Two {
    /// First.
    arg1: String,
    /// Second.
    arg2: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Embed {
    /// The resource to embed.
    resource_uri: String,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Circumstances {
    context: String,
}

#[prompt_router(vis = "pub(super)")]
#[expect(missing_docs, reason = "the macro makes an undocumented constructor of the prompt")]
impl Fixtures {
    /// One message.
    #[prompt]
    async fn test_simple_prompt(&self) -> Vec<PromptMessage> {
        vec![PromptMessage::new_text(Role::User, "This is a simple prompt for testing.")]
    }

    /// One message that holds two arguments.
    #[prompt]
    async fn test_prompt_with_arguments(&self, Parameters(Two { arg1, arg2 }): Parameters<Two>) -> Vec<PromptMessage> {
        vec![PromptMessage::new_text(Role::User, format!("Prompt with arg1='{arg1}' and arg2='{arg2}'"))]
    }

    /// A resource, and a message about it.
    #[prompt]
    async fn test_prompt_with_embedded_resource(&self, Parameters(embed): Parameters<Embed>) -> Vec<PromptMessage> {
        let content = ResourceContents::text("An embedded resource.", embed.resource_uri).with_mime_type("text/plain");
        vec![
            PromptMessage::new(Role::User, ContentBlock::resource(content)),
            PromptMessage::new_text(Role::User, "Read the resource above."),
        ]
    }

    /// An image, and a message about it.
    #[prompt]
    async fn test_prompt_with_image(&self) -> Vec<PromptMessage> {
        vec![
            PromptMessage::new(Role::User, ContentBlock::image(PICTURE, "image/png")),
            PromptMessage::new_text(Role::User, "Look at the image above."),
        ]
    }

    /// Asks the person first.
    #[prompt]
    async fn test_input_required_result_prompt(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<Either, ErrorData> {
        // The SDK's prompt router hands no answers on; `Ask` finds them all the same.
        let call = "prompts/get test_input_required_result_prompt";
        let mut ask = Ask::new(&self.shared.sealer, &context, call, &())?;
        let question = asking::form(ask::form::<Circumstances>("What context should the prompt use?"))?;
        let Some(answer) = ask.question("user_context", question).await? else {
            return Ok(Either(ask.needs_input()?.into()));
        };
        let message = PromptMessage::new_text(Role::User, format!("Context: {}", field(&answer, "context")));
        Ok(Either(GetPromptResult::new(vec![message]).into()))
    }
}

/// A prompt, or the questions before it: the SDK's router takes either, and no type of its own is both.
struct Either(GetPromptResponse);

impl IntoGetPromptResult for Either {
    fn into_get_prompt_result(self) -> Result<GetPromptResponse, ErrorData> {
        Ok(self.0)
    }
}

/// The words that begin like what was typed.
///
/// # Errors
/// -32602 for a prompt or an argument that there is not.
pub(super) fn complete(request: &CompleteRequestParams) -> Result<CompleteResult, ErrorData> {
    let known = request.r#ref.as_prompt_name() == Some("test_prompt_with_arguments");
    let words = match request.argument.name.as_str() {
        "arg1" if known => WORDS.as_slice(),
        "arg2" if known => &[],
        _ => return Err(ErrorData::invalid_params("there is no such argument to complete", None)),
    };
    let typed = &request.argument.value;
    let fitting = words.iter().filter(|word| word.starts_with(typed.as_str())).map(|word| (*word).to_owned());
    let completion =
        CompletionInfo::with_all_values(fitting.collect()).map_err(|error| ErrorData::internal_error(error, None))?;
    Ok(CompleteResult::new(completion))
}
