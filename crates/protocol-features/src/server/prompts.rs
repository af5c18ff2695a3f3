//! (10) Prompts: with arguments, with completion, and one with a picture in it.

use base64::{Engine, engine::general_purpose::STANDARD};
use mcp_support::serve::principal;
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{prompt::PromptContext, wrapper::Parameters},
    model::{
        ContentBlock, GetPromptRequestParams, GetPromptResponse, GetPromptResult, PromptMessage, ResourceContents, Role,
    },
    prompt, prompt_router,
    schemars::JsonSchema,
    service::RequestContext,
};
use serde::Deserialize;

use super::{
    ProtocolFeatures,
    completion::{cities, dates, starting},
};
use crate::{
    chart,
    error::{Refusal, quoted},
    features::Feature,
    report::{GroupBy, Order},
};

/// The prompt that can be switched on.
pub(super) const PLAN_DAY: &str = "plan_day";
const EXPLAIN_SALES: &str = "explain_sales";
const COMPARE_CITIES: &str = "compare_cities";
/// Longest argument, in characters.
const MAX_CHARS: usize = 2000;
/// Rows that the chart sums: all of the sample's orders, once.
const ROWS: u32 = 400;

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ExplainSales {
    /// `product` or `month`
    group_by: String,
    /// What to find out; the trend when absent
    question: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct CompareCities {
    /// The first city, such as `oslo`
    first: String,
    /// The second city, such as `nairobi`
    second: String,
    /// The day, such as `2026-06-21`
    date: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct PlanDay {
    /// Where, such as `tokyo`
    city: String,
}

#[prompt_router(vis = "pub(super)")]
#[expect(missing_docs, reason = "the macro makes an undocumented constructor of each prompt")]
impl ProtocolFeatures {
    /// Asks a question about the sample's sales; the bar chart is part of the prompt
    #[prompt(name = "explain_sales", title = "Explain the sales")]
    async fn explain_sales(
        &self,
        Parameters(arguments): Parameters<ExplainSales>,
    ) -> Result<GetPromptResult, ErrorData> {
        let group_by = match arguments.group_by.as_str() {
            "product" => GroupBy::Product,
            "month" => GroupBy::Month,
            other => {
                return Err(invalid(format!("group_by is {}; hint: use product or month", quoted(other))));
            }
        };
        let report = self.shared.tasks.sums(Order { rows: ROWS, seconds: 0 }, group_by);
        let values: Vec<u64> = report.cents.values().copied().collect();
        let largest = (0..values.len()).max_by_key(|at| values[*at]);
        let png = chart::bars(&values, largest).map_err(|error| {
            tracing::error!(%error, "cannot draw a chart");
            ErrorData::internal_error("internal error", None)
        })?;
        let bars: Vec<String> = report.cents.keys().cloned().collect();
        let question =
            text_of(arguments.question.as_deref(), "What stands out, and what does it mean for next month?")?;
        Ok(GetPromptResult::new(vec![
            PromptMessage::new(Role::User, ContentBlock::image(STANDARD.encode(png), "image/png")),
            PromptMessage::new_text(
                Role::User,
                format!(
                    "The bars are sums of sample orders, made up for a lesson, from left to right: {}. {question}",
                    bars.join(", ")
                ),
            ),
        ])
        .with_description("A bar chart of the sample's sales, and a question"))
    }

    /// Compares sun and moon at two cities on a day; both reports are embedded as resources
    #[prompt(name = "compare_cities", title = "Compare two cities")]
    async fn compare_cities(
        &self,
        Parameters(arguments): Parameters<CompareCities>,
    ) -> Result<GetPromptResult, ErrorData> {
        let mut messages = Vec::new();
        for city in [&arguments.first, &arguments.second] {
            let report = self.shared.weather.report(city, &arguments.date).await;
            let report = report.map_err(|error| invalid(format!("{error}; hint: {}", error.hint())))?;
            let uri = format!("api://weather/{city}/{}", arguments.date);
            let page = ResourceContents::text(report.to_string(), uri).with_mime_type("text/plain");
            messages.push(PromptMessage::new(Role::User, ContentBlock::resource(page)));
        }
        let question = "Compare these two days in three sentences. Use only what stands in the reports.";
        messages.push(PromptMessage::new_text(Role::User, question));
        Ok(GetPromptResult::new(messages).with_description("Two days at two places"))
    }

    /// Plans a day in a city; there only while the feature plan_day is on
    #[prompt(name = "plan_day", title = "Plan a day")]
    async fn plan_day(&self, Parameters(arguments): Parameters<PlanDay>) -> Result<GetPromptResult, ErrorData> {
        if cities(&arguments.city).is_empty() {
            return Err(invalid(format!("the city is {}; hint: complete it", quoted(&arguments.city))));
        }
        let text = format!("Plan a quiet day in {}: morning, noon and evening, one line each.", arguments.city);
        Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]))
    }
}

impl ProtocolFeatures {
    pub(super) async fn prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let is_off = || !self.shared.features.is_on(&principal(&context), Feature::PlanDay);
        if request.name == PLAN_DAY && is_off() {
            return Err(invalid(format!("there is no prompt {}", quoted(&request.name))));
        }
        let context = PromptContext::new(self, request.name, request.arguments, context);
        self.prompts.get_prompt(context).await
    }
}

/// Values of a prompt's argument that begin so. None where the prompt or the argument is unknown.
pub(super) fn complete(prompt: &str, argument: &str, value: &str) -> Option<Vec<String>> {
    Some(match (prompt, argument) {
        (EXPLAIN_SALES, "group_by") => starting(value, ["month", "product"].map(str::to_owned)),
        (EXPLAIN_SALES, "question") => Vec::new(),
        (COMPARE_CITIES, "first" | "second") | (PLAN_DAY, "city") => cities(value),
        (COMPARE_CITIES, "date") => dates(value),
        _ => return None,
    })
}

fn text_of<'a>(text: Option<&'a str>, otherwise: &'a str) -> Result<&'a str, ErrorData> {
    let text = text.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(otherwise);
    super::answer::length("question", text, 1, MAX_CHARS).map_err(|refusal: Refusal| invalid(refusal.to_string()))?;
    Ok(text)
}

fn invalid(message: String) -> ErrorData {
    ErrorData::invalid_params(message, None)
}
