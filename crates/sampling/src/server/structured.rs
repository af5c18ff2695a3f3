//! (4) `classify`, `extract` and `critique`: answers that a program reads. What a model answers is checked like anything
//! else from outside, and it gets one chance to mend it.

use std::collections::HashSet;

use rmcp::{
    ErrorData, RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResponse,
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    SamplingServer,
    answer::{Failure, Origin, answer, clean, within},
    text::MAX_TEXT,
};
use crate::{
    ask_for,
    checked::{self, Schema},
    completer::{Completion, Request, chain::Chain},
    error::Refusal,
};

/// What a text is judged by when the caller names nothing.
const RUBRIC: [&str; 3] = ["clarity", "conciseness", "concrete figures"];

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Classify {
    /// What to label.
    #[schemars(length(min = 1, max = 20000))]
    text: String,
    /// The labels to choose from, each of at most 60 characters, all different.
    #[schemars(length(min = 2, max = 20))]
    labels: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Classified {
    /// One of the labels.
    label: String,
    #[serde(flatten)]
    origin: Origin,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Extract {
    /// Where the values stand.
    #[schemars(length(min = 1, max = 20000))]
    text: String,
    /// JSON Schema (2020-12) of the object to fill, of at most 10 000 bytes. References lead to itself only.
    schema: serde_json::Map<String, Value>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Extracted {
    /// An object that is valid against the schema.
    data: serde_json::Map<String, Value>,
    #[serde(flatten)]
    origin: Origin,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Critique {
    /// What to judge.
    #[schemars(length(min = 1, max = 20000))]
    text: String,
    /// What to judge it by, each of at most 200 characters; clarity, conciseness and concrete figures when absent.
    #[schemars(length(min = 1, max = 10))]
    rubric: Option<Vec<String>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Verdict {
    /// What was judged.
    criterion: String,
    /// From 1 (bad) to 5 (good).
    score: u8,
    /// Why.
    comment: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Judged {
    /// A verdict for each point, in their order.
    points: Vec<Verdict>,
    #[serde(flatten)]
    origin: Origin,
}

#[tool_router(router = structured_tools, vis = "pub(super)")]
impl SamplingServer {
    /// Puts one of several labels on a text; use it to sort messages, tickets or reviews.
    #[tool(
        title = "Label a text",
        annotations(
            title = "Label a text",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<Classified>()
    )]
    async fn classify(
        &self,
        Parameters(arguments): Parameters<Classify>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.with_models("classify", &arguments, &context, async |chain| {
            let text = clean("text", &arguments.text, MAX_TEXT)?;
            let labels = labels(&arguments.labels)?;
            let read = |answer: &str| checked::label(answer, &labels);
            let Some((label, completion)) = valid(chain, "label", ask_for::label(&text, &labels), read).await? else {
                return Ok(None);
            };
            let origin = Origin::of(&completion, &chain.fallbacks);
            Ok(Some(answer(format!("{label}\n\n{}", origin.line()), &Classified { label, origin })?))
        })
        .await
    }

    /// Fills a JSON object from a text; use it to turn a message into fields that a program can work with.
    #[tool(
        title = "Extract data from a text",
        annotations(
            title = "Extract data from a text",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<Extracted>()
    )]
    async fn extract(
        &self,
        Parameters(arguments): Parameters<Extract>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.with_models("extract", &arguments, &context, async |chain| {
            let text = clean("text", &arguments.text, MAX_TEXT)?;
            let value = Value::Object(arguments.schema.clone());
            let schema = Schema::new(&value)?;
            let read = |answer: &str| schema.object(answer);
            let Some((data, completion)) = valid(chain, "data", ask_for::values(&text, &value), read).await? else {
                return Ok(None);
            };
            let origin = Origin::of(&completion, &chain.fallbacks);
            let shown = format!("{}\n\n{}", Value::Object(data.clone()), origin.line());
            Ok(Some(answer(shown, &Extracted { data, origin })?))
        })
        .await
    }

    /// Judges a text point by point, with a score and a reason for each; use it before a text goes out.
    #[tool(
        title = "Judge a text",
        annotations(
            title = "Judge a text",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<Judged>()
    )]
    async fn critique(
        &self,
        Parameters(arguments): Parameters<Critique>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.with_models("critique", &arguments, &context, async |chain| {
            let text = clean("text", &arguments.text, MAX_TEXT)?;
            let given = arguments.rubric.clone().unwrap_or_else(|| RUBRIC.map(str::to_owned).to_vec());
            within("the number of points", given.len(), 1, 10)?;
            let rubric = given.iter().map(|point| clean("a point", point, 200)).collect::<Result<Vec<_>, _>>()?;
            let schema = Schema::new(&verdicts_schema(rubric.len()))?;
            let read = |answer: &str| schema.object(answer);
            let Some((mut data, completion)) = valid(chain, "points", ask_for::verdicts(&text, &rubric), read).await?
            else {
                return Ok(None);
            };
            let points = data.remove("points").unwrap_or_default();
            let mut points: Vec<Verdict> =
                serde_json::from_value(points).map_err(|error| Refusal::internal("reading verdicts", error))?;
            // In the caller's words, whatever the model made of them.
            points.iter_mut().zip(&rubric).for_each(|(point, criterion)| point.criterion.clone_from(criterion));
            let line = |it: &Verdict| format!("{}/5 {}: {}\n", it.score, it.criterion, it.comment);
            let origin = Origin::of(&completion, &chain.fallbacks);
            let shown = format!("{}\n{}", points.iter().map(line).collect::<String>(), origin.line());
            Ok(Some(answer(shown, &Judged { points, origin })?))
        })
        .await
    }
}

/// Labels that can be told apart.
fn labels(given: &[String]) -> Result<Vec<String>, Refusal> {
    within("the number of labels", given.len(), 2, 20)?;
    let labels = given.iter().map(|it| Ok(clean("a label", it, 60)?.trim().to_owned()));
    let labels = labels.collect::<Result<Vec<_>, Refusal>>()?;
    let mut seen = HashSet::new();
    match labels.iter().find(|label| !seen.insert(label.to_lowercase())) {
        Some(twice) => Err(Refusal::argument(format!("the label '{twice}' is there twice"), "send each label once")),
        None => Ok(labels),
    }
}

fn verdicts_schema(points: usize) -> Value {
    json!({
        "type": "object", "required": ["points"], "additionalProperties": false,
        "properties": {"points": {"type": "array", "minItems": points, "maxItems": points, "items": {
            "type": "object", "required": ["criterion", "score", "comment"], "additionalProperties": false,
            "properties": {"criterion": {"type": "string"}, "score": {"type": "integer", "minimum": 1, "maximum": 5},
                           "comment": {"type": "string", "maxLength": 2000}}}}}
    })
}

/// An answer that `read` accepts, at the first or the second attempt.
async fn valid<T>(
    chain: &mut Chain<'_>,
    key: &str,
    request: Request,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<(T, Completion)>, Failure> {
    let Some(mut first) = chain.complete(key, &request).await? else { return Ok(None) };
    let wrong = match read(&first.text) {
        Ok(value) => return Ok(Some((value, first))),
        Err(wrong) => wrong,
    };
    let again = ask_for::repaired(request, &first.text, &wrong);
    let Some(second) = chain.complete(&format!("{key}-again"), &again).await? else { return Ok(None) };
    first.usage.input_tokens += second.usage.input_tokens;
    first.usage.output_tokens += second.usage.output_tokens;
    match read(&second.text) {
        Ok(value) => Ok(Some((value, Completion { usage: first.usage, ..second }))),
        Err(wrong) => Err(Refusal::argument(
            format!("{}'s answer is not valid, twice: {wrong}", second.model),
            "say it in the text, ask for less, or use a larger model",
        )
        .into()),
    }
}
