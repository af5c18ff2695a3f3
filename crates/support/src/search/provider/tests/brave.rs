use wiremock::matchers::header;

use super::*;

async fn search(server: &MockServer, request: &ProviderRequest) -> Result<ProviderAnswer, ProviderError> {
    Brave::new(settings(server)).expect("a client").search(request).await
}

#[tokio::test]
async fn a_page_of_results() {
    let body = json!({
        "type": "search", "query": { "original": "gren tea", "altered": "green tea" },
        "infobox": { "results": [{ "title": "Green tea", "long_desc": "Tea that is not oxidised.",
                                   "attributes": [["Origin", "<a>China</a>"], ["broken"]],
                                   "url": "https://p.example/" }] },
        "faq": { "results": [{ "question": "Is it healthy?", "answer": "In measure.", "url": "https://h.example/" }] },
        "web": { "results": [
            { "title": "One", "url": "https://a.example/1", "description": "Of <strong>tea</strong>",
              "age": "May 5, 2026", "page_age": "2026-05-05T06:07:08" },
            { "title": "Two", "url": "https://b.example/2", "description": "" },
        ] },
    });
    let pairs = [
        ("q", "green tea site:example.com -site:shop.example.com"),
        ("count", "5"),
        ("offset", "2"),
        ("safesearch", "strict"),
        ("country", "DE"),
        ("search_lang", "en"),
        ("freshness", "pw"),
    ];
    let server = MockServer::start().await;
    Mock::given(Asked { path: "/web/search".to_owned(), pairs: owned(&pairs) })
        .and(header("x-subscription-token", KEY))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    let answer = search(&server, &full(Vertical::Web)).await.expect("an answer");
    assert_eq!(
        json_of(answer),
        json!({
            "results": [
                { "title": "One", "url": "https://a.example/1", "snippet": "Of tea", "site": "a.example",
                  "date": "2026-05-05T06:07:08Z" },
                { "title": "Two", "url": "https://b.example/2", "snippet": "", "site": "b.example" },
            ],
            "answer_box": null, "featured_snippet": null, "total": null, "corrected_query": "green tea",
            "knowledge_graph": { "title": "Green tea", "description": "Tea that is not oxidised.",
                                 "url": "https://p.example/", "facts": { "Origin": "China" } },
            "related_questions": [{ "question": "Is it healthy?", "answer": "In measure.",
                                    "url": "https://h.example/" }],
        })
    );
}

#[tokio::test]
async fn news_and_images_and_what_it_does_not_have() {
    let news = json!({ "results": [{ "title": "Harvest", "url": "https://n.example/1", "description": "Early.",
        "age": "3 hours ago", "meta_url": { "hostname": "n.example" } }] });
    let pairs = [("q", "tea"), ("count", "10"), ("offset", "0"), ("safesearch", "moderate")];
    let server = expecting("/news/search", &pairs, &news).await;
    let answer = search(&server, &ProviderRequest::new(Vertical::News, "tea")).await.expect("an answer");
    let found = &answer.results[0];
    assert_eq!((found.date.as_deref(), found.source.as_deref()), (Some("2026-11-26T12:00:00Z"), Some("n.example")));

    let images = json!({ "results": [{ "title": "Leaf", "url": "https://p.example/", "source": "p.example",
        "thumbnail": { "src": "https://t.example/1" },
        "properties": { "url": "https://p.example/leaf.jpg", "width": 640, "height": 480 } }] });
    let server = expecting("/images/search", &[("q", "tea"), ("count", "10"), ("safesearch", "strict")], &images).await;
    let answer = search(&server, &ProviderRequest::new(Vertical::Images, "tea")).await.expect("an answer");
    let image = answer.results[0].image.as_ref().expect("a picture");
    assert_eq!((image.url.as_str(), image.width), ("https://p.example/leaf.jpg", Some(640)));

    let error = search(&server, &ProviderRequest::new(Vertical::Products, "tea")).await.expect_err("no such search");
    assert_eq!((error.code, error.is_retryable), (ErrorCode::InvalidQuery, false));
    let late = ProviderRequest { page: 11, ..ProviderRequest::new(Vertical::Web, "tea") };
    assert_eq!(search(&server, &late).await.expect("nothing").results, []);
}

#[tokio::test]
async fn a_month_that_is_used_up_is_no_busy_second() {
    let limited = |remaining: &str| {
        let body =
            json!({ "type": "ErrorResponse", "error": { "code": "RATE_LIMITED", "detail": "Request limit exceeded" } });
        let response = ResponseTemplate::new(429).insert_header("x-ratelimit-remaining", remaining);
        response.insert_header("retry-after", "1").set_body_json(body)
    };
    for (remaining, expected) in [("0, 1200", ErrorCode::RateLimited), ("0, 0", ErrorCode::QuotaExhausted)] {
        let server = answering(limited(remaining)).await;
        let error = search(&server, &ProviderRequest::new(Vertical::Web, "tea")).await.expect_err("limited");
        assert_eq!(error.code, expected, "{remaining}");
        assert_eq!(error.is_retryable, expected == ErrorCode::RateLimited);
    }
}
