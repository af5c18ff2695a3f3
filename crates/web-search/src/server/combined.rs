//! (6) Several searches at once. One that fails does not take the others with it.

use std::fmt::Write as _;

use futures::{StreamExt as _, stream};
use mcp_support::{
    progress::Progress,
    refusal::{Refusal, answer, within},
    search::{
        clean,
        provider::{MAX_COUNT, ProviderRequest, TimeRange, Vertical},
    },
};
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::CallToolResult,
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};

use super::{
    WebSearch,
    arguments::{query, usual_count},
    output::{DATA, Failure, SearchFailure, SearchOutput},
};
use crate::{
    compare::{Compared, Verdict, compared, verdict},
    resilience::SearchError,
};

/// Searches, or products, at once.
const MOST: usize = 5;
/// Results in which a product's offers are looked for.
const CANDIDATES: usize = 10;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MultiSearch {
    /// What to look for.
    #[schemars(length(min = 1, max = 5))]
    queries: Vec<OneSearch>,
    /// How many results of each.
    #[serde(default = "usual_count")]
    #[schemars(range(min = 1, max = 20))]
    num_results: usize,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OneSearch {
    /// What to look for.
    #[schemars(length(min = 1, max = 400))]
    query: String,
    /// What to search.
    #[serde(default)]
    kind: Vertical,
    /// How recent a result has to be.
    time_range: Option<TimeRange>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct MultiOutput {
    /// In the order of the queries.
    searches: Vec<OneOutput>,
    /// How many have an answer.
    succeeded: usize,
    /// How many have none.
    failed: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OneOutput {
    /// What was looked for.
    query: String,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<SearchOutput>,
    /// Why nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<SearchFailure>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CompareProducts {
    /// Names of products, as a shop would write them.
    #[schemars(length(min = 2, max = 5))]
    products: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Comparison {
    /// Each product with its offers, in the order of the question.
    products: Vec<Compared>,
    /// Which is best at what.
    verdict: Verdict,
    /// Who was asked; `embedded` is a collection bundled with this server, not the web.
    providers: Vec<String>,
}

#[tool_router(router = combined_tools, vis = "pub(super)")]
impl WebSearch {
    /// Runs up to five searches at once and says which have failed; use it when a task needs several at a time.
    #[tool(
        title = "Search several things",
        annotations(
            title = "Search several things",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<MultiOutput>()
    )]
    async fn multi_search(
        &self,
        Parameters(arguments): Parameters<MultiSearch>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Failure> {
        within("the number of queries", arguments.queries.len(), 1, MOST)?;
        let count = within("num_results", arguments.num_results, 1, MAX_COUNT)?;
        let requests = arguments.queries.iter().map(|one| {
            let time_range = one.time_range;
            Ok(ProviderRequest { count, time_range, ..ProviderRequest::new(one.kind, query("query", &one.query)?) })
        });
        let requests = requests.collect::<Result<Vec<_>, Refusal>>()?;
        let outcomes = self.find_all("multi_search", &requests, &context).await?;
        let searches =
            requests.into_iter().zip(outcomes).map(|(ProviderRequest { query, .. }, outcome)| match outcome {
                Ok(found) => OneOutput { query, found: Some(found), error: None },
                Err(error) => OneOutput { query, found: None, error: Some(SearchFailure::from(&error)) },
            });
        let searches: Vec<OneOutput> = searches.collect();
        let succeeded = searches.iter().filter(|search| search.found.is_some()).count();
        let output = MultiOutput { failed: searches.len() - succeeded, succeeded, searches };
        Ok(answer(text_of_searches(&output), &output)?)
    }

    /// Puts two to five products side by side: price, stars, opinions, and which is best at what.
    #[tool(
        title = "Compare products",
        annotations(
            title = "Compare products",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = true
        ),
        output_schema = schema_for_output::<Comparison>()
    )]
    async fn compare_products(
        &self,
        Parameters(arguments): Parameters<CompareProducts>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Failure> {
        within("the number of products", arguments.products.len(), 2, MOST)?;
        let requests = arguments.products.iter().map(|product| {
            let name = query("a product", product)?;
            Ok(ProviderRequest { count: CANDIDATES, ..ProviderRequest::new(Vertical::Products, name) })
        });
        let requests = requests.collect::<Result<Vec<_>, Refusal>>()?;
        let outcomes = self.find_all("compare_products", &requests, &context).await?;
        let (mut products, mut providers) = (Vec::new(), Vec::new());
        for (request, outcome) in requests.into_iter().zip(outcomes) {
            products.push(match outcome {
                Ok(found) => {
                    let compared = compared(&request.query, &found.results);
                    if !providers.contains(&found.provider) {
                        providers.push(found.provider);
                    }
                    compared
                }
                Err(error) => {
                    let problem = Some(SearchFailure::from(&error).line());
                    Compared { product: request.query, offers: Vec::new(), problem }
                }
            });
        }
        let comparison = Comparison { verdict: verdict(&products), products, providers };
        Ok(answer(text_of_comparison(&comparison), &comparison)?)
    }

    /// What each request has found, in their order. Each that ends is reported as progress.
    ///
    /// # Errors
    /// Not one has found anything: the error of the first.
    async fn find_all(
        &self,
        tool: &'static str,
        requests: &[ProviderRequest],
        context: &RequestContext<RoleServer>,
    ) -> Result<Vec<Result<SearchOutput, SearchError>>, Failure> {
        let searches: Vec<_> = requests
            .iter()
            .enumerate()
            .map(|(place, request)| async move { (place, self.find(tool, request, context).await) })
            .collect();
        let (progress, all) = (Progress::new(context), searches.len());
        let mut searches = stream::iter(searches).buffer_unordered(MOST);
        let mut ended = Vec::with_capacity(all);
        while let Some((place, outcome)) = searches.next().await {
            let outcome = match outcome {
                Ok(found) => Ok(found),
                Err(Failure::Search(error)) => Err(error),
                Err(refused @ Failure::Refused(_)) => return Err(refused),
            };
            ended.push((place, outcome));
            // Told here and not by each search: one that overtakes another would count backwards.
            let message = format!("{} of {all} searches have ended", ended.len());
            progress.report(ended.len() as f64, all as f64, message).await;
        }
        ended.sort_by_key(|(place, _)| *place);
        let outcomes: Vec<_> = ended.into_iter().map(|(_, outcome)| outcome).collect();
        if outcomes.iter().all(Result::is_err) {
            let first = outcomes.into_iter().find_map(Result::err);
            return first.map_or(Ok(Vec::new()), |error| Err(Failure::Search(error)));
        }
        Ok(outcomes)
    }
}

fn text_of_searches(output: &MultiOutput) -> String {
    let mut text =
        format!("{} searches: {} answered, {} failed.\n", output.searches.len(), output.succeeded, output.failed);
    for search in &output.searches {
        let shown = match (&search.found, &search.error) {
            (Some(found), _) => found.markdown(),
            (None, Some(error)) => format!("\"{}\" has failed. {}", clean::markdown(&search.query), error.line()),
            (None, None) => continue,
        };
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{shown}\n");
    }
    text
}

fn text_of_comparison(comparison: &Comparison) -> String {
    let mut text =
        format!("{DATA}\n\n| product | offer | price | stars | opinions | from |\n|---|---|---|---|---|---|\n");
    for product in &comparison.products {
        let name = clean::markdown(&product.product);
        let Some(best) = product.offers.first() else {
            let problem = clean::markdown(product.problem.as_deref().unwrap_or_default());
            let _ = writeln!(text, "| {name} | {problem} | | | | |");
            continue;
        };
        let price = best.price.as_ref().map(|price| format!("{:.2} {}", price.amount, price.currency));
        let rating = best.rating.map(|rating| rating.to_string());
        let reviews = best.reviews.map(|reviews| reviews.to_string());
        let cells = [price, rating, reviews, best.source.as_deref().map(clean::markdown)];
        let cells = cells.map(Option::unwrap_or_default).join(" | ");
        let _ = writeln!(text, "| {name} | {} <{}> | {cells} |", clean::markdown(&best.title), best.url);
    }
    let verdict = &comparison.verdict;
    for (what, name) in [
        ("Cheapest", &verdict.cheapest),
        ("Best rated", &verdict.best_rated),
        ("Most opinions", &verdict.most_reviewed),
    ] {
        if let Some(name) = name {
            let _ = write!(text, "\n{what}: {}", clean::markdown(name));
        }
    }
    for limit in &verdict.limits {
        let _ = write!(text, "\nNote: {limit}");
    }
    text
}
