use std::sync::LazyLock;

use mcp_support::search::provider::TimeRange;

use super::*;

static EMBEDDED: LazyLock<Embedded> = LazyLock::new(|| Embedded::in_memory().expect("an index"));

fn ask(vertical: Vertical, query: &str) -> ProviderAnswer {
    with(&ProviderRequest::new(vertical, query))
}

fn with(request: &ProviderRequest) -> ProviderAnswer {
    EMBEDDED.search_blocking(request).expect(&request.query)
}

fn sites(answer: &ProviderAnswer) -> Vec<&str> {
    answer.results.iter().map(|result| result.site.as_str()).collect()
}

#[test]
fn each_kind_of_search_has_its_own_results() {
    let product = &ask(Vertical::Products, "Meshly Duo 7").results[0];
    assert_eq!(product.price.as_ref().map(|price| (price.amount, price.currency.as_str())), Some((199.0, "EUR")));
    assert_eq!((product.source.as_deref(), product.rating, product.reviews), (Some("Meshly"), Some(4.3), Some(412)));
    let news = &ask(Vertical::News, "Meshly Duo 7").results[0];
    assert_eq!((news.site.as_str(), news.date.as_deref()), ("techcourier.example", Some("2026-02-19T00:00:00Z")));
    let image = &ask(Vertical::Images, "corona of the sun").results[0];
    assert_eq!(image.image.as_ref().map(|image| (image.width, image.height)), Some((Some(4000), Some(2667))));
    let paper = &ask(Vertical::Scholar, "retry storms").results[0];
    assert_eq!((paper.authors.as_slice(), paper.cited_by), (["Ludmila Ferris".to_owned()].as_slice(), Some(11)));
    let page = &ask(Vertical::Web, "tubeless tyres").results[0];
    assert!(page.url == "https://wheelwise.example/tyres/tubeless" && page.snippet.contains("ubeless"), "{page:?}");
}

#[test]
fn filters_hold() {
    let mut request = ProviderRequest::new(Vertical::Web, "sourdough bread");
    request.site = Some("WWW.example.com".to_owned());
    let found = with(&request);
    assert!(!found.results.is_empty() && sites(&found).iter().all(|site| site.ends_with("example.com")), "{found:?}");
    request.site = None;
    request.exclude_site = Some("example.com".to_owned());
    let found = with(&request);
    assert!(!found.results.is_empty() && !sites(&found).iter().any(|site| site.ends_with("example.com")), "{found:?}");

    let mut request = ProviderRequest::new(Vertical::Web, "eclipse 2026");
    request.language = Some("es".to_owned());
    assert_eq!(sites(&with(&request)), ["cielo.example"]);

    let mut request = ProviderRequest::new(Vertical::News, "Port Ellerby");
    request.time_range = Some(TimeRange::Month);
    let recent = with(&request);
    let dates: Vec<&str> = recent.results.iter().filter_map(|result| result.date.as_deref()).collect();
    assert!(!dates.is_empty() && dates.len() == recent.results.len(), "{recent:?}");
    assert!(dates.iter().all(|date| *date >= "2026-10-26"), "{dates:?}");
    request.time_range = None;
    assert!(with(&request).total > recent.total);
}

#[test]
fn pages_follow_each_other() {
    let mut request = ProviderRequest::new(Vertical::Web, "bicycle");
    request.count = 5;
    let first = with(&request);
    request.page = 2;
    let second = with(&request);
    assert_eq!((first.results.len(), second.results.len(), first.total), (5, 5, second.total));
    assert!(second.results.iter().all(|result| !first.results.contains(result)));
    request.page = 1_000;
    assert_eq!(with(&request).results, []);
}

#[test]
fn a_price_that_is_wished_for_holds() {
    let found = ask(Vertical::Products, "telescope under 300 euros");
    let prices: Vec<f64> = found.results.iter().filter_map(|result| Some(result.price.as_ref()?.amount)).collect();
    assert!(prices.len() >= 2 && prices.iter().all(|price| *price <= 300.0), "{prices:?}");
    let any = ask(Vertical::Products, "less than 20 euros");
    assert!(
        any.results.len() >= 3
            && any.results.iter().all(|result| result.price.as_ref().is_some_and(|price| price.amount <= 20.0))
    );
}

#[test]
fn a_misspelt_word_is_repaired_and_said() {
    let found = ask(Vertical::Web, "soughdough starter");
    assert_eq!(found.corrected_query.as_deref(), Some("sourdough starter"));
    assert!(found.results[0].title.to_lowercase().contains("sourdough"), "{:?}", found.results[0]);
    for known in ["sourdough starter", "zzzzqqqq", "snails", "\"soughdough\"", "a b c"] {
        assert_eq!(ask(Vertical::Web, known).corrected_query, None, "{known}");
    }
}

#[test]
fn what_is_nowhere_is_not_found() {
    let nothing = ask(Vertical::Web, "quasiperiodic zither blockchain");
    assert_eq!(nothing, ProviderAnswer { total: Some(0), ..ProviderAnswer::default() });
    assert_eq!(ask(Vertical::Web, "eclipse -eclipse").results, []);
}

#[test]
fn of_near_copies_one_is_shown() {
    let found = ask(Vertical::Web, "perseids meteor shower august");
    let about_it = found.results.iter().filter(|result| result.title.starts_with("Perseid"));
    assert_eq!(about_it.count(), 1, "{found:?}");
}

#[test]
fn questions_have_answers() {
    for (query, answer) in [
        ("How long do I boil an egg for a soft yolk?", "Six minutes"),
        ("how far away is the moon", "384,400 kilometres"),
        ("is raid a backup", "No."),
    ] {
        let found = ask(Vertical::Web, query).answer_box;
        assert!(found.as_ref().is_some_and(|found| found.answer.contains(answer)), "{query}: {found:?}");
    }
    for query in ["rust on my frying pan", "eclipse", "glimmerfish"] {
        assert_eq!(ask(Vertical::Web, query).answer_box, None, "{query}");
    }
}

#[test]
fn known_things_are_known() {
    for (query, title, fact) in [
        ("Ada Lovelace", "Ada Lovelace", ("born", "10 December 1815, London")),
        ("who designed the rust programming language", "Rust (programming language)", ("designed by", "Graydon Hoare")),
        ("m31", "Andromeda Galaxy", ("constellation", "Andromeda")),
    ] {
        let known = ask(Vertical::Web, query).knowledge_graph.expect(query);
        assert_eq!(
            (known.title.as_str(), known.facts.get(fact.0).map(String::as_str)),
            (title, Some(fact.1)),
            "{query}"
        );
    }
    assert_eq!(ask(Vertical::Web, "rust on my frying pan").knowledge_graph, None, "the metal is no language");
    assert_eq!(ask(Vertical::News, "Velotron").knowledge_graph, None, "news is news");
}

#[test]
fn the_best_passage_answers() {
    let found = ask(Vertical::Web, "when is a sourdough starter ready").featured_snippet.expect("a passage");
    assert!(found.text.contains("ready when it doubles"), "{found:?}");
    let related = ask(Vertical::Web, "eclipse").related_questions;
    assert!(related.len() >= 2 && related.iter().all(|related| related.question.contains("eclipse")), "{related:?}");
}

#[test]
fn tricks_do_not_pay() {
    let shared = &EMBEDDED.shared;
    let documents = shared.corpus.documents.iter().zip(&shared.lexicon.documents);
    let stuffed: Vec<&str> =
        documents.filter(|(_, stems)| stems.is_stuffed).map(|(document, _)| document.id.as_str()).collect();
    assert_eq!(stuffed, ["hostile-stuffing"]);
    for query in ["best router", "cheap wifi router", "router"] {
        let routers = ask(Vertical::Web, query);
        assert!(!sites(&routers).into_iter().take(3).any(|site| site == "stuffed.example"), "{query}: {routers:?}");
    }
    let tanks = ask(Vertical::Products, "cheap glimmerfish tank");
    assert_eq!((tanks.results[0].price.as_ref(), tanks.results[0].rating), (None, None));
    let newest = ask(Vertical::News, "latest glimmerfish");
    assert!(!newest.results.is_empty() && newest.results.iter().all(|result| result.date.is_none()), "{newest:?}");
}

#[test]
fn what_is_no_question_is_refused() {
    for (query, count) in [("", 10), ("  \n", 10), (&"x".repeat(401), 10), ("x", 0), ("x", 21)] {
        let mut request = ProviderRequest::new(Vertical::Web, query);
        request.count = count;
        let error = EMBEDDED.search_blocking(&request).expect_err("no question");
        assert_eq!((error.code, error.is_retryable), (ErrorCode::InvalidQuery, false));
    }
}

#[test]
fn an_index_in_a_folder_answers_alike() {
    let folder = tempfile::tempdir().expect("a folder");
    for time in ["built", "found"] {
        let kept = Embedded::open(folder.path()).expect(time);
        let request = ProviderRequest::new(Vertical::Web, "change dns");
        assert_eq!(kept.search_blocking(&request).expect(time), with(&request), "{time}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_breaks_it(query in "\\PC{1,60}", vertical in 0..5usize) {
        let _ = EMBEDDED.search_blocking(&ProviderRequest::new(Vertical::ALL[vertical], query));
    }
}
