//! The demonstration: the course's four searches and what has to be true of each. A check that fails is an error.

use anyhow::bail;
use serde_json::{Map, Value, json};

use super::{
    session::{Called, Session},
    show::{Screen, Style, as_json},
};

/// A call, and what has to be true of its answer.
struct Step {
    tool: &'static str,
    arguments: Value,
    checks: &'static [Check],
}

/// A claim, and whether it holds.
type Check = (&'static str, fn(&Called) -> bool);

const SUCCEEDS: Check = ("it succeeds", |called| !called.is_error());
const READABLE: Check = ("a person can read it", |called| !called.text().trim().is_empty());
const FOUND: Check = ("something is found", |called| !results(called).is_empty());
const COMPLETE: Check = ("every result has a title and a link", |called| {
    let has = |result: &Value, name: &str| result[name].as_str().is_some_and(|text| !text.is_empty());
    results(called)
        .iter()
        .all(|result| has(result, "title") && result["url"].as_str().is_some_and(|url| url.starts_with("http")))
});

/// What the course's client does, in its order, and one question that cannot be answered.
fn steps() -> [Step; 5] {
    [
        Step {
            tool: "general_search",
            arguments: json!({"query": "rust async runtime", "num_results": 3}),
            checks: &[
                SUCCEEDS,
                READABLE,
                FOUND,
                COMPLETE,
                ("at most three results", |called| results(called).len() <= 3),
            ],
        },
        Step {
            tool: "news_search",
            arguments: json!({"query": "eclipse", "num_results": 3}),
            checks: &[
                SUCCEEDS,
                READABLE,
                FOUND,
                COMPLETE,
                ("news has dates", |called| results(called).iter().any(|result| result["date"].is_string())),
            ],
        },
        Step {
            tool: "product_search",
            arguments: json!({"query": "wifi mesh", "num_results": 3}),
            checks: &[
                SUCCEEDS,
                READABLE,
                FOUND,
                COMPLETE,
                ("a price is a number with a currency", |called| {
                    let is_price = |price: &Value| price["amount"].is_number() && price["currency"].is_string();
                    results(called).iter().any(|result| is_price(&result["price"]))
                }),
            ],
        },
        Step {
            tool: "qna",
            arguments: json!({"question": "How long do I boil an egg for a soft yolk?"}),
            checks: &[
                SUCCEEDS,
                READABLE,
                ("the answer says how sure it is", |called| {
                    called.structured().is_some_and(|answer| contains_key(answer, "confidence"))
                }),
            ],
        },
        Step {
            tool: "general_search",
            arguments: json!({"query": "rust", "num_results": 1000}),
            checks: &[
                ("too much is refused", Called::is_error),
                ("the refusal says why", |called| !called.text().trim().is_empty()),
            ],
        },
    ]
}

/// Makes the calls and checks them.
///
/// # Errors
/// A check has failed, or the server is gone.
pub(super) async fn demonstrate(session: &Session, screen: &Screen, json: bool) -> anyhow::Result<()> {
    let mut failed = Vec::new();
    if !json {
        screen.say(Style::Strong, &format!("{} in {}", session.server(), session.revision))?;
    }
    for step in steps() {
        let Value::Object(arguments) = step.arguments else { continue };
        if !json {
            screen.say(Style::Strong, &format!("\n{} {}", step.tool, Value::Object(arguments.clone())))?;
        }
        let called = session.call(step.tool, arguments).await?;
        let checks: Vec<(&str, bool)> = step.checks.iter().map(|(claim, holds)| (*claim, holds(&called))).collect();
        if json {
            let mut object = as_json(&called);
            let checks: Map<String, Value> =
                checks.iter().map(|(claim, holds)| ((*claim).to_owned(), Value::Bool(*holds))).collect();
            if let Some(object) = object.as_object_mut() {
                object.insert("checks".to_owned(), Value::Object(checks));
            }
            screen.object(&object)?;
        } else {
            screen.called(&called, false)?;
        }
        for (claim, holds) in checks {
            if !json {
                let style = if holds { Style::Good } else { Style::Bad };
                screen.say(style, &format!("{} {claim}", if holds { "ok  " } else { "FAIL" }))?;
            }
            if !holds {
                failed.push(format!("{}: not true: {claim}", step.tool));
            }
        }
    }
    if !failed.is_empty() {
        bail!("{}", failed.join("; "));
    }
    Ok(())
}

fn results(called: &Called) -> &[Value] {
    called.structured().and_then(|found| found["results"].as_array()).map_or(&[], Vec::as_slice)
}

/// Anywhere in it.
fn contains_key(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(object) => object.contains_key(name) || object.values().any(|value| contains_key(value, name)),
        Value::Array(items) => items.iter().any(|value| contains_key(value, name)),
        _ => false,
    }
}
