//! The rounds of 2026-07-28: a call that needs input ends with its questions, and is called again with the answers.
#![expect(deprecated, reason = "SEP-2577: sampling and roots are deprecated in 2026-07-28, and still in it")]

use mcp_support::ask::{self, Ask, Question, Roots};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::tool::InputResponses,
    model::{
        CallToolResponse, CreateMessageRequestParams, ElicitRequestParams, ElicitResult, InputRequests,
        InputRequiredResult, SamplingMessage,
    },
    service::RequestContext,
    tool, tool_router,
};
use schemars::JsonSchema;

use super::{Fixtures, asking, text};

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Name {
    name: String,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Colour {
    color: String,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Consent {
    ok: bool,
}

#[tool_router(router = input_required_tools, vis = "pub(super)")]
impl Fixtures {
    /// Greets whoever the person says.
    #[tool]
    async fn test_input_required_result_elicitation(
        &self,
        InputResponses(responses): InputResponses,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        // No state of ours: a made-up answer does no harm here. What deletes or pays asks with `Ask`.
        let answer = responses.as_ref().and_then(|responses| responses.get("user_name"));
        match answer.and_then(|answer| serde_json::from_value::<ElicitResult>(answer.clone()).ok()) {
            Some(answer) => Ok(text(format!("Hello, {}!", field(&answer, "name"))).into()),
            None => Ok(stateless("user_name", name_form()?, &context)?.into()),
        }
    }

    /// Asks the client's model for a capital.
    #[tool]
    async fn test_input_required_result_sampling(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut ask = self.ask("sampling", &context)?;
        let question = sampling("What is the capital of France?");
        let Some(answer) = ask.question("capital_question", question).await? else {
            return Ok(ask.needs_input()?.into());
        };
        let said = answer.message.content.first().and_then(|block| block.as_text()).map_or("", |block| &block.text);
        Ok(text(format!("The model said: {said}")).into())
    }

    /// Asks the client for its folders.
    #[tool]
    async fn test_input_required_result_list_roots(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut ask = self.ask("list_roots", &context)?;
        let Some(answer) = ask.question("client_roots", Roots).await? else { return Ok(ask.needs_input()?.into()) };
        let uris: Vec<&str> = answer.roots.iter().map(|root| root.uri.as_str()).collect();
        Ok(text(format!("The client's folders: {}", uris.join(", "))).into())
    }

    /// Asks with sealed state, and says that the state came back whole.
    #[tool]
    async fn test_input_required_result_request_state(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.confirm("request_state", &context).await
    }

    /// The same, for a client that tampers with the state.
    #[tool]
    async fn test_input_required_result_tampered_state(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.confirm("tampered_state", &context).await
    }

    /// Three questions of three kinds in one round.
    #[tool]
    async fn test_input_required_result_multiple_inputs(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut ask = self.ask("multiple_inputs", &context)?;
        let name = ask.question("user_name", name_form()?).await?;
        let greeting = ask.question("greeting", sampling("Generate a greeting")).await?;
        let roots = ask.question("client_roots", Roots).await?;
        let (Some(name), Some(_), Some(roots)) = (name, greeting, roots) else { return Ok(ask.needs_input()?.into()) };
        Ok(text(format!("{} with {} folders", field(&name, "name"), roots.roots.len())).into())
    }

    /// Two rounds, the second after the first.
    #[tool]
    async fn test_input_required_result_multi_round(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut ask = self.ask("multi_round", &context)?;
        let Some(name) = ask.question("step1", name_form()?).await? else { return Ok(ask.needs_input()?.into()) };
        let colour = asking::form(ask::form::<Colour>("What is your favourite colour?"))?;
        let Some(colour) = ask.question("step2", colour).await? else { return Ok(ask.needs_input()?.into()) };
        Ok(text(format!("{} likes {}", field(&name, "name"), field(&colour, "color"))).into())
    }

    /// Asks only what the client says it can answer.
    #[tool]
    async fn test_input_required_result_capabilities(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let declared = context.client_capabilities().unwrap_or_default();
        let mut ask = self.ask("capabilities", &context)?;
        let mut answered = 0;
        let mut asked = 0;
        let name = name_form()?;
        if name.missing(&declared).is_none() {
            asked += 1;
            answered += u32::from(ask.question("user_name", name).await?.is_some());
        }
        let greeting = sampling("Generate a greeting");
        if greeting.missing(&declared).is_none() {
            asked += 1;
            answered += u32::from(ask.question("greeting", greeting).await?.is_some());
        }
        if Roots.missing(&declared).is_none() {
            asked += 1;
            answered += u32::from(ask.question("client_roots", Roots).await?.is_some());
        }
        if answered < asked {
            return Ok(ask.needs_input()?.into());
        }
        Ok(text(format!("{answered} of {asked} questions answered")).into())
    }

    /// Asks in the middle of what could be a stream.
    #[tool]
    async fn test_streaming_elicitation(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut ask = Ask::new(&self.shared.sealer, &context, "tools/call test_streaming_elicitation", &())?;
        let Some(name) = ask.question("user_name", name_form()?).await? else { return Ok(ask.needs_input()?.into()) };
        Ok(text(format!("Hello, {}!", field(&name, "name"))).into())
    }

    /// Needs the client's model, whatever the client says it has.
    #[tool]
    async fn test_missing_capability(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut ask = Ask::new(&self.shared.sealer, &context, "tools/call test_missing_capability", &())?;
        let Some(_) = ask.question("completion", sampling("Say something.")).await? else {
            return Ok(ask.needs_input()?.into());
        };
        Ok(text("The model has spoken.").into())
    }
}

impl Fixtures {
    /// The questions of `test_input_required_result_<what>`, which takes no arguments.
    fn ask<'a>(&'a self, what: &str, context: &'a RequestContext<RoleServer>) -> Result<Ask<'a>, ErrorData> {
        let call = format!("tools/call test_input_required_result_{what}");
        Ask::new(&self.shared.sealer, context, &call, &())
    }

    async fn confirm(&self, what: &str, context: &RequestContext<RoleServer>) -> Result<CallToolResponse, ErrorData> {
        let mut ask = self.ask(what, context)?;
        let question = asking::form(ask::form::<Consent>("Please confirm"))?;
        let Some(answer) = ask.question("confirm", question).await? else { return Ok(ask.needs_input()?.into()) };
        Ok(text(format!("state-ok, {:?}", answer.action)).into())
    }
}

/// One question without state, for a client that declared that it can answer it.
pub(super) fn stateless(
    key: &str,
    question: ElicitRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<InputRequiredResult, ErrorData> {
    let declared = context.client_capabilities().unwrap_or_default();
    if let Some(missing) = question.missing(&declared) {
        return Err(ErrorData::missing_required_client_capability(missing));
    }
    let mut requests = InputRequests::new();
    requests.insert(key.to_owned(), question.into_input_request());
    Ok(InputRequiredResult::from_input_requests(requests))
}

pub(super) fn name_form() -> Result<ElicitRequestParams, ErrorData> {
    asking::form(ask::form::<Name>("What is your name?"))
}

fn sampling(prompt: &str) -> CreateMessageRequestParams {
    CreateMessageRequestParams::new(vec![SamplingMessage::user_text(prompt)], 100)
}

/// A text that a person filled in; nobody, when the person did not.
pub(super) fn field<'a>(answer: &'a ElicitResult, name: &str) -> &'a str {
    answer.content.as_ref().and_then(|content| content[name].as_str()).unwrap_or("nobody")
}
