use wiremock::matchers::{body_json, header, method, path};

use super::*;

async fn search(server: &MockServer, request: &ProviderRequest) -> Result<ProviderAnswer, ProviderError> {
    Tavily::new(settings(server)).expect("a client").search(request).await
}

#[tokio::test]
async fn a_question_with_an_answer() {
    let question = json!({
        "query": "green tea", "topic": "general", "search_depth": "basic", "include_answer": true, "max_results": 15,
        "time_range": "week", "include_domains": ["example.com"], "exclude_domains": ["shop.example.com"],
    });
    let results: Vec<Value> = (0..12)
        .map(|n| (format!("Page {n}"), format!("https://example.com/{n}")))
        .map(|(title, url)| json!({ "title": title, "url": url, "content": "Tea.", "score": 0.9 }))
        .collect();
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/search"))
        .and(header("authorization", format!("Bearer {KEY}")))
        .and(body_json(question))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "answer": "It is tea.", "results": results })))
        .mount(&server)
        .await;
    let answer = search(&server, &full(Vertical::Web)).await.expect("an answer");
    assert_eq!(answer.answer_box.expect("an answer").answer, "It is tea.");
    let titles: Vec<_> = answer.results.iter().map(|result| result.title.as_str()).collect();
    assert_eq!(titles, ["Page 10", "Page 11"], "the third page of five");
}

#[tokio::test]
async fn news_and_what_it_does_not_have() {
    let body = json!({ "results": [{ "title": "Harvest", "url": "https://n.example/1", "content": "Early.",
        "published_date": "Thu, 26 Nov 2026 10:00:00 GMT" }] });
    let server = answering(ResponseTemplate::new(200).set_body_json(body)).await;
    let answer = search(&server, &ProviderRequest::new(Vertical::News, "tea")).await.expect("an answer");
    let found = &answer.results[0];
    assert_eq!((found.date.as_deref(), found.source.as_deref()), (Some("2026-11-26T10:00:00Z"), Some("n.example")));
    let error = search(&server, &ProviderRequest::new(Vertical::Images, "tea")).await.expect_err("no such search");
    assert_eq!(error.code, ErrorCode::InvalidQuery);
    let late = ProviderRequest { page: 3, ..ProviderRequest::new(Vertical::Web, "tea") };
    assert_eq!(search(&server, &late).await.expect("nothing").results, []);
}

#[tokio::test]
async fn statuses_of_its_own() {
    let detail = |text: &str| json!({ "detail": { "error": text } });
    for (status, said, expected) in [
        (401, "Unauthorized: missing or invalid API key.", ErrorCode::BadKey),
        (429, "Your request has been blocked due to excessive requests.", ErrorCode::RateLimited),
        (432, "This request exceeds your plan's set usage limit.", ErrorCode::QuotaExhausted),
        (433, "This request exceeds the pay-as-you-go limit.", ErrorCode::QuotaExhausted),
        (400, "Query is too long.", ErrorCode::InvalidQuery),
        (500, "Internal Server Error", ErrorCode::Upstream),
    ] {
        let server = answering(ResponseTemplate::new(status).set_body_json(detail(said))).await;
        let error = search(&server, &ProviderRequest::new(Vertical::Web, "tea")).await.expect_err("refused");
        assert_eq!(error.code, expected, "{status}");
        assert_eq!(error.reason.contains(said), expected != ErrorCode::BadKey, "{error}");
    }
}
