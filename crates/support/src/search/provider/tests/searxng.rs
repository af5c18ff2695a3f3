use super::*;

async fn search(server: &MockServer, request: &ProviderRequest) -> Result<ProviderAnswer, ProviderError> {
    let settings = ProviderSettings { key: None, ..settings(server) };
    Searxng::new(settings).expect("a client").search(request).await
}

#[tokio::test]
async fn a_page_of_results() {
    let body = json!({
        "query": "green tea", "number_of_results": 0,
        "results": [{ "title": "One", "url": "https://a.example/1", "content": "Of tea", "engine": "mojeek",
                      "score": 1.0, "publishedDate": "2026-05-05T06:07:08" }],
        "answers": [{ "answer": "75 \u{b0}C", "url": "https://a.example/1" }],
        "corrections": ["green tea"],
        "infoboxes": [{ "infobox": "Green tea", "content": "Tea that is not oxidised.",
                        "urls": [{ "title": "P", "url": "https://p.example/" }],
                        "attributes": [{ "label": "Origin", "value": "China" }] }],
        "suggestions": [],
    });
    let pairs = [
        ("q", "green tea site:example.com -site:shop.example.com"),
        ("format", "json"),
        ("categories", "general"),
        ("pageno", "3"),
        ("safesearch", "2"),
        ("time_range", "week"),
        ("language", "en-DE"),
    ];
    let server = expecting("/search", &pairs, &body).await;
    let answer = search(&server, &full(Vertical::Web)).await.expect("an answer");
    assert_eq!(
        json_of(answer),
        json!({
            "results": [{ "title": "One", "url": "https://a.example/1", "snippet": "Of tea", "site": "a.example",
                          "date": "2026-05-05T06:07:08Z" }],
            "answer_box": { "answer": "75 \u{b0}C", "url": "https://a.example/1" },
            "featured_snippet": null, "total": null, "corrected_query": "green tea", "related_questions": [],
            "knowledge_graph": { "title": "Green tea", "description": "Tea that is not oxidised.",
                                 "url": "https://p.example/", "facts": { "Origin": "China" } },
        })
    );
}

#[tokio::test]
async fn older_answers_pictures_and_papers() {
    let body = json!({ "answers": ["75 \u{b0}C"], "results": [
        { "title": "Leaf", "url": "https://p.example/", "content": "", "img_src": "https://p.example/leaf.jpg",
          "authors": ["A Leaf"], "journal": "Tea" },
    ] });
    let server = answering(ResponseTemplate::new(200).set_body_json(body)).await;
    let answer = search(&server, &ProviderRequest::new(Vertical::Images, "tea")).await.expect("an answer");
    assert_eq!(answer.answer_box.expect("an answer").answer, "75 \u{b0}C");
    assert_eq!(answer.results[0].image.as_ref().expect("a picture").url, "https://p.example/leaf.jpg");
    let paper = &search(&server, &ProviderRequest::new(Vertical::Scholar, "tea")).await.expect("an answer").results[0];
    assert_eq!((paper.authors.as_slice(), paper.source.as_deref()), (["A Leaf".to_owned()].as_slice(), Some("Tea")));
    assert!(paper.image.is_none());
    let error = search(&server, &ProviderRequest::new(Vertical::Products, "tea")).await.expect_err("no such search");
    assert_eq!(error.code, ErrorCode::InvalidQuery);
}
