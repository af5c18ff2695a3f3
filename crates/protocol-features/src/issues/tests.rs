//! The changelog without network, and GitHub as a stand-in answers.

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, header, header_exists, method, path},
};

use super::*;
use crate::upstream::UpstreamError;

/// An answer in GitHub's documented shape, shortened.
fn answer() -> Value {
    json!({
        "id": 1, "node_id": "MDU6SXNzdWUx", "url": "https://api.github.com/repos/octocat/Hello-World/issues/1347",
        "html_url": "https://github.com/octocat/Hello-World/issues/1347", "number": 1347, "state": "open",
        "title": "Found a bug", "body": "I'm having a problem with this.",
        "user": { "login": "octocat", "id": 1, "type": "User" },
        "labels": [{ "id": 208045946, "name": "bug", "color": "f29513" }, "help wanted", { "name": null }],
        "assignee": null, "milestone": null, "locked": true, "comments": 0,
        "created_at": "2011-04-22T13:33:48Z", "updated_at": "2011-04-22T13:33:48Z", "closed_at": null
    })
}

fn issues(server: &MockServer, token: Option<&str>) -> Issues {
    Issues::new(Some(server.uri().parse().unwrap()), token.map(SecretString::from)).unwrap()
}

async fn answered(response: ResponseTemplate) -> Result<Issue, IssueError> {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).mount(&server).await;
    issues(&server, Some("ghp_4711")).issue("octocat", "Hello-World", "1347").await
}

#[tokio::test]
async fn the_changelog_needs_no_network() {
    let issues = Issues::new(None, Some("  ".into())).unwrap();
    assert!(issues.github.is_none(), "a blank token is none");
    assert_eq!(issues.owners().collect::<Vec<_>>(), ["local"]);
    assert_eq!(issues.repos("local").collect::<Vec<_>>(), ["workspace"]);
    assert_eq!(issues.repos("octocat").count() + issues.numbers("local", "other").count(), 0);
    let numbers: Vec<u32> = issues.numbers("local", "workspace").collect();
    let last = numbers.len();
    assert_eq!(numbers, (1..=u32::try_from(last).unwrap()).collect::<Vec<_>>());
    for number in numbers {
        let issue = issues.issue("local", "workspace", &number.to_string()).await.unwrap();
        assert_eq!((issue.number, issue.repository.as_str()), (number, "local/workspace"));
        assert!(issue.made_by.contains("CHANGELOG.md"));
    }
    let error = issues.issue("local", "workspace", "99999").await.unwrap_err();
    assert_eq!(error.hint(), format!("use 1 to {last}"));
    for (owner, repo) in [("octocat", "Hello-World"), ("local", "other"), ("Local", "workspace")] {
        let error = issues.issue(owner, repo, "1").await.unwrap_err();
        assert_eq!(error, IssueError::NoGitHub { repository: format!("{owner}/{repo}") });
        assert!(error.hint().contains("GITHUB_TOKEN"));
    }
}

#[tokio::test]
async fn github_is_asked_as_it_documents() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/repos/octocat/Hello-World/issues/1347"))
        .and(header("accept", "application/vnd.github+json"))
        .and(header("x-github-api-version", "2022-11-28"))
        .and(header("user-agent", concat!("mcp-protocol-features/", env!("CARGO_PKG_VERSION"))))
        .and(header("authorization", "Bearer ghp_4711"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer()))
        .expect(1)
        .mount(&server)
        .await;
    let issue = issues(&server, Some("ghp_4711")).issue("octocat", "Hello-World", "1347").await.unwrap();
    assert_eq!((issue.title.as_str(), issue.state, issue.is_pull_request), ("Found a bug", State::Open, false));
    assert_eq!(issue.labels, ["bug", "help wanted"]);
    let text = "octocat/Hello-World#1347: Found a bug\nopen issue by octocat, opened 2011-04-22T13:33:48Z, labels: bug, \
                help wanted; GitHub's REST API at 127.0.0.1\n\nI'm having a problem with this.";
    assert_eq!(issue.to_string(), text);
    let value = serde_json::to_value(&issue).unwrap();
    assert_eq!((value["state"].as_str(), value["number"].as_u64()), (Some("open"), Some(1347)));
}

#[tokio::test]
async fn what_an_issue_lacks_is_missing() {
    let mut bare = json!({ "number": 1347, "title": "t", "state": "closed", "body": null, "user": null });
    let issue = answered(ResponseTemplate::new(200).set_body_json(&bare)).await.unwrap();
    assert_eq!((issue.body.as_str(), issue.author, issue.state), ("", None, State::Closed));
    bare["pull_request"] = json!({ "url": "https://api.github.com/repos/octocat/Hello-World/pulls/1347" });
    let issue = answered(ResponseTemplate::new(200).set_body_json(&bare)).await.unwrap();
    assert!(issue.is_pull_request && issue.to_string().contains("closed pull request; "), "{issue}");
}

#[tokio::test]
async fn without_a_token_none_is_sent() {
    let server = MockServer::start().await;
    Mock::given(header_exists("authorization")).respond_with(ResponseTemplate::new(500)).mount(&server).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_json(answer())).mount(&server).await;
    issues(&server, None).issue("octocat", "Hello-World", "1347").await.unwrap();
    // The changelog stays what it is, and needs no request.
    let local = issues(&server, None).issue("local", "workspace", "1").await.unwrap();
    assert!(local.made_by.contains("CHANGELOG.md"));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn each_refusal_has_its_error() {
    let body = json!({ "message": "Not Found ghp_4711", "documentation_url": "https://docs.github.com/rest" });
    let issue = "octocat/Hello-World#1347";
    for (status, message, hint) in [
        (401, "127.0.0.1 does not accept the token".to_owned(), "renew GITHUB_TOKEN"),
        (403, format!("127.0.0.1 refused to show the issue {issue}"), "may read this repository's issues"),
        (404, format!("there is no issue {issue}, or it is private"), "check owner, repository and number"),
        (410, format!("the issue {issue} was deleted, or its repository has issues turned off"), "another"),
        (302, "no issue: 127.0.0.1 answered 302, and redirects are not followed".to_owned(), "base URL"),
        (500, "no issue: 127.0.0.1 answered 500: Not Found [token]".to_owned(), "call again later"),
        (503, "no issue: 127.0.0.1 answered 503: Not Found [token]".to_owned(), "call again later"),
    ] {
        let error = answered(ResponseTemplate::new(status).set_body_json(&body)).await.unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(error.hint().contains(hint), "{}", error.hint());
        assert_eq!(error.is_retryable(), status >= 500, "{status}");
        assert!(!format!("{error:?}").contains("4711"), "{error:?}");
    }
}

#[tokio::test]
async fn rate_limits_say_when_to_come_back() {
    let primary = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1372700873")];
    for (status, headers, message, hint) in [
        (403, &primary[..], "API rate limit exceeded", "call again after 2013-07-01T17:47:53Z"),
        (429, &primary, "API rate limit exceeded", "call again after 2013-07-01T17:47:53Z"),
        (403, &[("retry-after", "60")], "slow down", "call again in 60 s"),
        (403, &[("x-ratelimit-remaining", "17"), ("x-ratelimit-reset", "1372700873")], "rate limit", "in a minute"),
        (403, &[], "You have exceeded a secondary rate limit.", "call again in a minute"),
        (403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "soon")], "", "call again in a minute"),
        (403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "18446744073709551615")], "", "in a minute"),
        (429, &[], "", "call again in a minute"),
    ] {
        let mut response = ResponseTemplate::new(status).set_body_json(json!({ "message": message }));
        for (name, value) in headers {
            response = response.insert_header(*name, *value);
        }
        let error = answered(response).await.unwrap_err();
        assert_eq!(error.to_string(), "127.0.0.1 wants fewer requests", "{headers:?}");
        assert!(error.is_retryable() && error.hint().contains(hint), "{}", error.hint());
    }
}

#[tokio::test]
async fn a_moved_issue_is_not_followed() {
    let other = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&other).await;
    let to = format!("{}/repositories/1296269/issues/9", other.uri());
    let moved = ResponseTemplate::new(301).insert_header("location", to.as_str());
    let error = answered(moved).await.unwrap_err();
    assert_eq!(error.to_string(), "the issue octocat/Hello-World#1347 has moved");
    assert_eq!(error.hint(), format!("ask for it at its new place: {to}"));
    assert!(answered(ResponseTemplate::new(301)).await.unwrap_err().hint().contains("new repository"));
}

#[tokio::test]
async fn answers_that_are_no_issue() {
    let changed = |member: &str, value: Value| {
        let mut answer = answer();
        answer[member] = value;
        answer.to_string()
    };
    for (body, reason) in [
        (String::new(), "EOF while parsing"),
        ("<html>".to_owned(), "expected value"),
        ("[]".to_owned(), "invalid length 0"),
        (changed("title", json!(null)), "invalid type: null"),
        (changed("state", json!("merged")), "unknown variant `merged`"),
        (changed("number", json!(-1)), "invalid value"),
        (changed("number", json!(9)), "it is about issue 9"),
        (changed("body", json!("x".repeat(BOUNDS.most_bytes))), "is longer than 1048576 bytes"),
    ] {
        let error = answered(ResponseTemplate::new(200).set_body_string(body)).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
    let longest = changed("body", json!("\u{1F980}".repeat(65_536)));
    assert!(answered(ResponseTemplate::new(200).set_body_string(longest)).await.is_ok());
}

#[tokio::test]
async fn a_slow_answer_has_a_deadline() {
    let server = MockServer::start().await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    Mock::given(any()).respond_with(late).mount(&server).await;
    let bounds = Bounds { deadline: Duration::from_millis(100), ..BOUNDS };
    let issues = Issues::within(Some(server.uri().parse().unwrap()), None, bounds).unwrap();
    let error = issues.issue("octocat", "Hello-World", "1347").await.unwrap_err();
    assert!(matches!(error, IssueError::Upstream(UpstreamError::Late { .. })), "{error}");
}

#[tokio::test]
async fn nothing_is_sent_for_a_bad_name() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let issues = issues(&server, None);
    for (owner, repo, number) in [("..", "x", "1"), ("a", "..", "1"), ("a/b", "c", "1"), ("a", "b", "1/comments")] {
        issues.issue(owner, repo, number).await.expect_err(repo);
    }
}

#[test]
fn settings_are_checked_and_the_token_is_not_shown() {
    let error = Issues::new(Some("http://github.example.com/api/v3/".parse().unwrap()), None).unwrap_err();
    assert_eq!(error, IssueError::Upstream(UpstreamError::BaseUrl));
    let error = Issues::new(None, Some("ghp 4711".into())).unwrap_err();
    assert_eq!(error, IssueError::Upstream(UpstreamError::Token));
    let issues = Issues::new(None, Some("ghp_4711".into())).unwrap();
    assert!(issues.github.is_some(), "a token is enough");
    assert!(!format!("{issues:?} {issues:#?}").contains("4711"));
}
