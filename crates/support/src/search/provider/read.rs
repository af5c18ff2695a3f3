//! Answers of strangers, field by field: what is missing or of another type is left out.

use serde_json::Value;

use super::{AnswerBox, FeaturedSnippet, Image, ProviderAnswer, ProviderRequest, RelatedQuestion, SearchResult};
use crate::search::clean;

const TITLE_CHARS: usize = 200;
const SNIPPET_CHARS: usize = 600;
const NAME_CHARS: usize = 80;
const MAX_AUTHORS: usize = 12;
const MAX_QUESTIONS: usize = 8;
/// Most facts of a knowledge graph.
pub(super) const MAX_FACTS: usize = 12;

/// The array at this place, or none of it.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// The first of these fields that is a text with something in it, or a number.
pub(super) fn raw(value: &Value, fields: &[&str]) -> Option<String> {
    fields.iter().find_map(|field| match value.pointer(field)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

pub(super) fn name(value: &Value, fields: &[&str]) -> Option<String> {
    words(value, fields, NAME_CHARS)
}

pub(super) fn title(value: &Value, fields: &[&str]) -> Option<String> {
    words(value, fields, TITLE_CHARS)
}

pub(super) fn snippet(value: &Value, fields: &[&str]) -> Option<String> {
    words(value, fields, SNIPPET_CHARS)
}

pub(super) fn link(value: &Value, fields: &[&str]) -> Option<String> {
    clean::link(&raw(value, fields)?)
}

pub(super) fn date(value: &Value, fields: &[&str], now: i64) -> Option<String> {
    fields.iter().find_map(|field| clean::date(&raw(value, &[field])?, now))
}

/// A whole number, also as `"1,234"` or as `1234.0`.
pub(super) fn count(value: &Value, fields: &[&str]) -> Option<u64> {
    fields.iter().find_map(|field| match value.pointer(field)? {
        Value::String(text) => clean::count(text),
        Value::Number(number) => {
            let whole = |amount: &f64| amount.fract() == 0.0 && (0.0..u64::MAX as f64).contains(amount);
            number.as_u64().or_else(|| number.as_f64().filter(whole).map(|amount| amount as u64))
        }
        _ => None,
    })
}

/// Stars, also as `"4,5"`.
pub(super) fn rating(value: &Value, fields: &[&str]) -> Option<f64> {
    raw(value, fields)?.replace(',', ".").parse().ok().filter(|rating| (0.0..=5.0).contains(rating))
}

pub(super) fn authors(names: impl Iterator<Item = String>) -> Vec<String> {
    let names = names.map(|name| clean::text(&name, NAME_CHARS)).filter(|name| !name.is_empty());
    names.take(MAX_AUTHORS).collect()
}

pub(super) fn image(url: Option<String>, width: Option<u64>, height: Option<u64>) -> Option<Image> {
    Some(Image { url: url?, width, height })
}

/// A result, if it has a title and leads somewhere.
pub(super) fn result(value: &Value, titles: &[&str], links: &[&str], snippets: &[&str]) -> Option<SearchResult> {
    let url = link(value, links)?;
    Some(SearchResult {
        title: title(value, titles)?,
        site: clean::site(&url),
        snippet: snippet(value, snippets).unwrap_or_default(),
        url,
        ..SearchResult::default()
    })
}

pub(super) fn answer_box(value: &Value, answers: &[&str], links: &[&str]) -> Option<AnswerBox> {
    let answer = snippet(value, answers)?;
    Some(AnswerBox { answer, title: title(value, &["/title"]), url: link(value, links) })
}

pub(super) fn featured(value: &Value, links: &[&str]) -> Option<FeaturedSnippet> {
    let (text, url) = (snippet(value, &["/snippet"])?, link(value, links)?);
    Some(FeaturedSnippet { text, title: title(value, &["/title"]).unwrap_or_default(), url })
}

pub(super) fn question(value: &Value, answers: &[&str], links: &[&str]) -> Option<RelatedQuestion> {
    Some(RelatedQuestion {
        question: title(value, &["/question"])?,
        answer: snippet(value, answers)?,
        title: title(value, &["/title"]),
        url: link(value, links),
    })
}

/// Each page once, and no more than was asked for.
pub(super) fn answer(request: &ProviderRequest, results: impl Iterator<Item = SearchResult>) -> ProviderAnswer {
    let mut seen = Vec::new();
    let is_new = |result: &SearchResult| {
        // Two products, or two pictures, may stand on one page.
        let page = clean::same_page(result.image.as_ref().map_or(&result.url, |image| &image.url));
        let is_new = !seen.contains(&page);
        seen.push(page);
        is_new
    };
    ProviderAnswer { results: results.filter(is_new).take(request.count).collect(), ..ProviderAnswer::default() }
}

pub(super) fn questions(questions: impl Iterator<Item = RelatedQuestion>) -> Vec<RelatedQuestion> {
    questions.take(MAX_QUESTIONS).collect()
}

fn words(value: &Value, fields: &[&str], most: usize) -> Option<String> {
    fields.iter().find_map(|field| {
        let text = clean::text(&raw(value, &[field])?, most);
        (!text.is_empty()).then_some(text)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_and_stars() {
        for (value, counted, stars) in [
            (json!(3), Some(3), Some(3.0)),
            (json!("1,234"), Some(1234), Some(1.234)),
            (json!("1.234"), Some(1234), Some(1.234)),
            (json!(12_300.0), Some(12_300), None),
            (json!(4.5), None, Some(4.5)),
            (json!("4.5"), None, Some(4.5)),
            (json!("4,5"), None, Some(4.5)),
            (json!(-1), None, None),
            (json!(1e300), None, None),
            (json!("many"), None, None),
            (json!(null), None, None),
        ] {
            let body = json!({ "field": value });
            assert_eq!((count(&body, &["/field"]), rating(&body, &["/field"])), (counted, stars), "{body}");
        }
    }
}
