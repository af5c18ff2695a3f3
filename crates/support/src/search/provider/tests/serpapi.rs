use super::*;

async fn search(server: &MockServer, request: &ProviderRequest) -> Result<ProviderAnswer, ProviderError> {
    SerpApi::new(settings(server)).expect("a client").search(request).await
}

#[tokio::test]
async fn a_page_of_results_with_all_that_stands_above() {
    let body = json!({
        "search_metadata": { "status": "Success" },
        "search_information": { "total_results": 12_300, "showing_results_for": "green tea" },
        "answer_box": {
            "type": "organic_result", "title": "How hot?", "link": "https://tea.example/how#hot",
            "snippet": "Water for <b>green tea</b> is 70 to 80 \u{b0}C.", "answer": "75 \u{b0}C",
        },
        "knowledge_graph": {
            "title": "Green tea", "type": "Drink", "description": "Tea that is not oxidised.",
            "source": { "name": "Encyclopedia", "link": "https://pedia.example/Green_tea" },
            "origin": "China", "kgmid": "/m/0ddd", "origin_links": [{ "text": "China" }],
        },
        "related_questions": [
            { "question": "Is it healthy?", "snippet": "In measure.", "title": "Health", "link": "https://h.example/" },
            { "question": "Nobody answers?", "next_page_token": "x" },
        ],
        "organic_results": [
            { "position": 1, "title": "Green &amp; good", "link": "https://Tea.example/a?utm_source=x",
              "snippet": "All about\u{202e} it", "date": "3 days ago", "displayed_link": "https://tea.example" },
            { "position": 2, "title": "The same", "link": "https://www.tea.example/a/" },
            { "position": 3, "title": "No link" },
            { "position": 4, "title": "Script", "link": "javascript:alert(1)" },
        ],
    });
    let pairs = [
        ("engine", "google"),
        ("q", "green tea site:example.com -site:shop.example.com"),
        ("num", "5"),
        ("start", "10"),
        ("gl", "de"),
        ("hl", "en"),
        ("safe", "active"),
        ("tbs", "qdr:w"),
        ("api_key", KEY),
    ];
    let server = expecting("/search.json", &pairs, &body).await;
    let answer = search(&server, &full(Vertical::Web)).await.expect("an answer");
    assert_eq!(
        json_of(answer),
        json!({
            "results": [{ "title": "Green & good", "url": "https://tea.example/a", "snippet": "All about it",
                          "site": "tea.example", "date": "2026-11-23T15:00:00Z" }],
            "answer_box": { "answer": "75 \u{b0}C", "title": "How hot?", "url": "https://tea.example/how" },
            "featured_snippet": { "text": "Water for green tea is 70 to 80 \u{b0}C.", "title": "How hot?",
                                  "url": "https://tea.example/how" },
            "knowledge_graph": { "title": "Green tea", "kind": "Drink", "description": "Tea that is not oxidised.",
                                 "url": "https://pedia.example/Green_tea", "facts": { "origin": "China" } },
            "related_questions": [{ "question": "Is it healthy?", "answer": "In measure.", "title": "Health",
                                    "url": "https://h.example/" }],
            "total": 12_300, "corrected_query": "green tea",
        })
    );
}

#[tokio::test]
async fn news_products_images_and_papers() {
    let plain = |engine: &'static str| vec![("engine", engine), ("q", "tea"), ("api_key", KEY)];
    let page = [("num", "10"), ("start", "0")];
    for (vertical, pairs, list, result, expected) in [
        (
            Vertical::News,
            [plain("google"), page.to_vec(), vec![("tbm", "nws")]].concat(),
            "news_results",
            json!({ "title": "Harvest", "link": "https://n.example/1", "source": "The Leaf", "date": "2 hours ago",
                    "snippet": "Early." }),
            json!({ "title": "Harvest", "url": "https://n.example/1", "site": "n.example", "source": "The Leaf",
                    "date": "2026-11-26T13:00:00Z", "snippet": "Early." }),
        ),
        (
            Vertical::Products,
            [plain("google_shopping"), page.to_vec()].concat(),
            "shopping_results",
            json!({ "title": "Pot", "product_link": "https://s.example/pot", "source": "Shop", "price": "$1,024.50",
                    "extracted_price": 1024.5, "rating": 4.5, "reviews": 1_200, "thumbnail": "https://s.example/t" }),
            json!({ "title": "Pot", "url": "https://s.example/pot", "site": "s.example", "source": "Shop",
                    "snippet": "", "price": { "amount": 1024.5, "currency": "USD" }, "rating": 4.5, "reviews": 1_200 }),
        ),
        (
            Vertical::Images,
            [plain("google_images"), vec![("ijn", "0")]].concat(),
            "images_results",
            json!({ "title": "Leaf", "link": "https://p.example/", "original": "https://p.example/leaf.jpg",
                    "original_width": 640, "original_height": 480, "source": "P" }),
            json!({ "title": "Leaf", "url": "https://p.example/", "site": "p.example", "snippet": "", "source": "P",
                    "image": { "url": "https://p.example/leaf.jpg", "width": 640, "height": 480 } }),
        ),
        (
            Vertical::Scholar,
            [plain("google_scholar"), page.to_vec()].concat(),
            "organic_results",
            json!({ "title": "On tea", "link": "https://j.example/1", "snippet": "We study.",
                    "publication_info": { "summary": "A Leaf - Journal of Tea, 2019 - j.example",
                                          "authors": [{ "name": "A Leaf" }, { "link": "x" }] },
                    "inline_links": { "cited_by": { "total": 7 } } }),
            json!({ "title": "On tea", "url": "https://j.example/1", "site": "j.example", "snippet": "We study.",
                    "source": "A Leaf - Journal of Tea, 2019 - j.example", "authors": ["A Leaf"], "cited_by": 7,
                    "date": "2019-01-01T00:00:00Z" }),
        ),
    ] {
        let server = expecting("/search.json", &pairs, &json!({ list: [result] })).await;
        let answer = search(&server, &ProviderRequest::new(vertical, "tea")).await.expect("an answer");
        assert_eq!(json_of(&answer.results[0]), expected, "{vertical}");
    }
}

#[tokio::test]
async fn errors_that_come_with_200() {
    for (said, expected) in [
        ("Google hasn't returned any results for this query.", None),
        ("Invalid API key. Your API key should be here: https://serpapi.com/manage-api-key", Some(ErrorCode::BadKey)),
        ("Your account has run out of searches.", Some(ErrorCode::QuotaExhausted)),
        ("Your account exceeded its hourly throughput limit.", Some(ErrorCode::RateLimited)),
        ("Missing query `q` parameter.", Some(ErrorCode::InvalidQuery)),
        ("We couldn't get valid results for this search. Please try again later.", Some(ErrorCode::Upstream)),
    ] {
        let server = answering(ResponseTemplate::new(200).set_body_json(json!({ "error": said }))).await;
        let answer = search(&server, &ProviderRequest::new(Vertical::Web, "tea")).await;
        assert_eq!(answer.as_ref().err().map(|error| error.code), expected, "{said}: {answer:?}");
        assert!(answer.is_err() || answer == Ok(ProviderAnswer::default()), "{said}");
    }
}
