//! Forms and sampling. Each tool asks in the way of its caller's revision, without knowing which that is.
#![expect(deprecated, reason = "SEP-2577: sampling is deprecated in 2026-07-28, and part of 2025-11-25")]

use mcp_support::ask::{self, Ask};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::wrapper::Parameters,
    model::{
        CallToolResponse, CreateMessageRequestParams, ElicitRequestParams, ElicitResult, ElicitationSchema,
        SamplingMessage,
    },
    service::RequestContext,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Fixtures, text};

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Prompt {
    /// What to ask the model.
    #[schemars(length(max = 10_000))]
    prompt: String,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Message {
    /// What to ask the person.
    #[schemars(length(max = 10_000))]
    message: String,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Contact {
    /// How to call the person.
    username: String,
    /// Where to write to.
    email: String,
}

/// A default for each kind of field.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Defaults {
    /// Name.
    #[schemars(extend("default" = "John Doe"))]
    name: String,
    /// Age in years.
    #[schemars(extend("default" = 30))]
    age: u32,
    /// Points of 100.
    #[schemars(extend("default" = 95.5))]
    score: f64,
    /// What the account is.
    #[schemars(extend("default" = "active"))]
    status: Status,
    /// Whether somebody has checked.
    #[schemars(extend("default" = true))]
    verified: bool,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum Status {
    Active,
    Inactive,
    Pending,
}

#[tool_router(router = asking_tools, vis = "pub(super)")]
impl Fixtures {
    /// Asks the client's model.
    #[tool]
    async fn test_sampling(
        &self,
        Parameters(arguments): Parameters<Prompt>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut ask = Ask::new(&self.shared.sealer, &context, "tools/call test_sampling", &arguments)?;
        let question = CreateMessageRequestParams::new(vec![SamplingMessage::user_text(arguments.prompt)], 100);
        let Some(answer) = ask.question("completion", question).await? else { return Ok(ask.needs_input()?.into()) };
        let said = answer.message.content.first().and_then(|block| block.as_text()).map_or("", |block| &block.text);
        Ok(text(format!("The model said: {said}")).into())
    }

    /// Asks the person for a name and an address.
    #[tool]
    async fn test_elicitation(
        &self,
        Parameters(arguments): Parameters<Message>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let question = form(ask::form::<Contact>(arguments.message.as_str()))?;
        self.elicit("test_elicitation", &arguments, question, &context).await
    }

    /// Asks with a form whose fields have defaults.
    #[tool]
    async fn test_elicitation_sep1034_defaults(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let question = form(ask::form::<Defaults>("Every field has a default."))?;
        self.elicit("test_elicitation_sep1034_defaults", &(), question, &context).await
    }

    /// Asks with a form that has each kind of choice.
    #[tool]
    async fn test_elicitation_sep1330_enums(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.elicit("test_elicitation_sep1330_enums", &(), form(choices())?, &context).await
    }
}

impl Fixtures {
    async fn elicit(
        &self,
        tool: &str,
        arguments: &impl Serialize,
        question: ElicitRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let mut ask = Ask::new(&self.shared.sealer, context, &format!("tools/call {tool}"), arguments)?;
        let Some(answer) = ask.question("answer", question).await? else { return Ok(ask.needs_input()?.into()) };
        Ok(text(described(&answer)).into())
    }
}

fn described(answer: &ElicitResult) -> String {
    let content = answer.content.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
    format!("action={:?}, content={content}", answer.action)
}

/// A form that cannot be made is our own mistake.
pub(super) fn form(form: Result<ElicitRequestParams, serde_json::Error>) -> Result<ElicitRequestParams, ErrorData> {
    form.map_err(|error| {
        tracing::error!(%error, "a fixture's form cannot be made");
        ErrorData::internal_error("internal error", None)
    })
}

/// One and several of a list, with and without titles, and the older form of titles.
fn choices() -> Result<ElicitRequestParams, serde_json::Error> {
    let plain = ["option1", "option2", "option3"];
    let titled: Vec<Value> = [("value1", "First"), ("value2", "Second"), ("value3", "Third")]
        .map(|(value, title)| json!({"const": value, "title": title}))
        .into();
    let schema = json!({"type": "object", "properties": {
        "untitledSingle": {"type": "string", "enum": plain},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["One", "Two", "Three"]},
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": plain}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    }});
    Ok(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: "Choose.".to_owned(),
        requested_schema: serde_json::from_value::<ElicitationSchema>(schema)?,
    })
}
