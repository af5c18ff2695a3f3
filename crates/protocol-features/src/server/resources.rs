//! (8) Resources: a paged list whose cursors are sealed, templates whose variables are typed, and hints that are true of
//! how long an answer may be kept.

use std::io::Read;

use base64::{Engine, engine::general_purpose::STANDARD};
use rmcp::{
    ErrorData,
    model::{CacheScope, ListResourcesResult, ReadResourceResult, Resource, ResourceContents},
};
use serde_json::json;

use super::{
    ProtocolFeatures,
    status::{STATUS, icon},
    templates::Kind,
};
use crate::{error::Refusal, facts, features::Feature, issues::IssueError, uri_template::Vars};

/// The resource that can be switched on.
pub(super) const TIP: &str = "feature://tip";
const PAGE: usize = 50;
/// Largest file that is sent as a resource, in bytes.
const MAX_FILE: u64 = 1024 * 1024;
/// What is computed from the URI alone stays as it is.
const DAY_MS: u64 = 24 * 3600 * 1000;
/// What comes from a service may be old for a minute.
const MINUTE_MS: u64 = 60 * 1000;
const TIP_TEXT: &str =
    "Switch features with set_feature while you hold a subscriptions/listen stream open, and watch the lists change.";

/// Something was found, with its type, how long it may be kept, and by whom.
struct Found {
    contents: ResourceContents,
    ttl_ms: u64,
    scope: CacheScope,
}

/// Why nothing was read.
enum Missing {
    /// There is no such resource.
    NotFound,
    /// There could be one, and it cannot be read; the text says why.
    Refused(String),
}

impl From<Refusal> for Missing {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.to_string())
    }
}

impl ProtocolFeatures {
    /// One page of the list. Spec(both, pagination): a cursor is opaque; one that is not ours is -32602.
    pub(super) fn page_of_resources(
        &self,
        cursor: Option<String>,
        owner: &str,
    ) -> Result<ListResourcesResult, ErrorData> {
        let start = match cursor {
            None => 0,
            Some(cursor) => {
                self.shared.sealer.open_for::<usize>(owner, "resources/list", &cursor).map_err(|error| {
                    ErrorData::invalid_params(format!("the cursor is not valid here: {error}"), None)
                })?
            }
        };
        let all = self.all_resources(owner);
        let page: Vec<Resource> = all.iter().skip(start).take(PAGE).cloned().collect();
        let end = start + page.len();
        let mut result = ListResourcesResult::with_all_items(page).with_ttl_ms(0).with_cache_scope(CacheScope::Private);
        if end < all.len() {
            let next = self.shared.sealer.seal_for(owner, "resources/list", &end);
            result.next_cursor = Some(next.map_err(|error| ErrorData::internal_error(error.to_string(), None))?);
        }
        Ok(result)
    }

    /// All of them, in an order that switching one on or off does not change for the others.
    fn all_resources(&self, owner: &str) -> Vec<Resource> {
        let status = Resource::new(STATUS, "status")
            .with_title("Status of this server")
            .with_mime_type("text/markdown")
            .with_icons(vec![icon()]);
        let numbers = (1..=facts::LISTED).map(|number| {
            Resource::new(format!("catalog://numbers/{number}"), format!("number-{number}"))
                .with_title(format!("The number {number}"))
                .with_mime_type("text/plain")
        });
        let tip = self
            .shared
            .features
            .is_on(owner, Feature::Tip)
            .then(|| Resource::new(TIP, "tip").with_title("A tip").with_mime_type("text/plain"));
        std::iter::once(status).chain(numbers).chain(tip).collect()
    }

    /// Reads one resource.
    pub(super) async fn read(&self, uri: &str, owner: &str) -> Result<ReadResourceResult, ErrorData> {
        match self.found(uri, owner).await {
            Ok(Found { contents, ttl_ms, scope }) => {
                Ok(ReadResourceResult::new(vec![contents]).with_ttl_ms(ttl_ms).with_cache_scope(scope))
            }
            // The SDK sends -32002 to clients of 2025-11-25, and -32602 to those of 2026-07-28.
            Err(Missing::NotFound) => {
                Err(ErrorData::resource_not_found("no such resource", Some(json!({ "uri": uri }))))
            }
            Err(Missing::Refused(why)) => Err(ErrorData::invalid_params(why, Some(json!({ "uri": uri })))),
        }
    }

    async fn found(&self, uri: &str, owner: &str) -> Result<Found, Missing> {
        let text = |text: String, mime: &str| ResourceContents::text(text, uri).with_mime_type(mime);
        if uri == STATUS {
            let page = self.shared_status().await?;
            return Ok(Found { contents: text(page, "text/markdown"), ttl_ms: 0, scope: CacheScope::Private });
        }
        if uri == TIP && self.shared.features.is_on(owner, Feature::Tip) {
            let contents = text(TIP_TEXT.to_owned(), "text/plain");
            return Ok(Found { contents, ttl_ms: 0, scope: CacheScope::Private });
        }
        let found = self.shared.templates.find(uri).map_err(|error| Missing::Refused(error.to_string()))?;
        let Some((kind, vars)) = found else { return Err(Missing::NotFound) };
        match kind {
            Kind::Number => {
                let number = number(&vars, "number")?;
                let last = i64::from(facts::PAGE * facts::PAGES);
                let number = u32::try_from(number).ok().filter(|&number| number > 0 && i64::from(number) <= last);
                let contents = text(facts::about(number.ok_or(Missing::NotFound)?), "text/plain");
                Ok(Found { contents, ttl_ms: DAY_MS, scope: CacheScope::Public })
            }
            Kind::User => self.row("users", number(&vars, "user_id")?, uri).await,
            Kind::Row => self.row(&vars["table"], number(&vars, "id")?, uri).await,
            Kind::File => self.file(vars["path"].clone(), uri).await,
            Kind::Weather => {
                let report = self.shared.weather.report(&vars["city"], &vars["date"]).await;
                let report = report.map_err(|error| Missing::Refused(format!("{error}; hint: {}", error.hint())))?;
                let contents = text(json_text(&report)?, "application/json");
                let ttl_ms = if report.forecast.is_some() { 10 * MINUTE_MS } else { DAY_MS };
                Ok(Found { contents, ttl_ms, scope: CacheScope::Public })
            }
            Kind::Issue => {
                let issue = self.shared.issues.issue(&vars["owner"], &vars["repo"], &vars["issue_number"]).await;
                let issue = match issue {
                    Ok(issue) => issue,
                    Err(IssueError::NoSuchEntry { .. } | IssueError::NotFound { .. }) => return Err(Missing::NotFound),
                    Err(error) => return Err(Missing::Refused(format!("{error}; hint: {}", error.hint()))),
                };
                // A token may show what others must not see.
                let contents = text(issue.to_string(), "text/markdown");
                Ok(Found { contents, ttl_ms: MINUTE_MS, scope: CacheScope::Private })
            }
        }
    }

    async fn shared_status(&self) -> Result<String, Missing> {
        Ok(self.status().await?.page())
    }

    async fn row(&self, table: &str, id: i64, uri: &str) -> Result<Found, Missing> {
        let row = self.shared.database.row(table, id).await?.ok_or(Missing::NotFound)?;
        let contents = ResourceContents::text(json_text(&row)?, uri).with_mime_type("application/json");
        // It can be deleted at any moment; whoever wants to know subscribes.
        Ok(Found { contents, ttl_ms: 0, scope: CacheScope::Private })
    }

    async fn file(&self, path: String, uri: &str) -> Result<Found, Missing> {
        let files = self.shared.files.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let (file, _) = files.file(&path)?;
            let mut bytes = Vec::new();
            // Not more than is allowed, whatever the file says of its size.
            file.take(MAX_FILE + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| Refusal::internal("reading a file", error))?;
            Ok::<_, Refusal>(bytes)
        });
        let bytes = reading.await.map_err(|error| Refusal::internal("reading a file", error))??;
        if bytes.len() as u64 > MAX_FILE {
            return Err(Missing::Refused(format!(
                "the file is larger than {MAX_FILE} bytes; hint: use process_large_file"
            )));
        }
        let contents = match String::from_utf8(bytes) {
            Ok(text) => ResourceContents::text(text, uri).with_mime_type("text/plain"),
            Err(binary) => ResourceContents::blob(STANDARD.encode(binary.as_bytes()), uri)
                .with_mime_type("application/octet-stream"),
        };
        Ok(Found { contents, ttl_ms: 0, scope: CacheScope::Private })
    }
}

/// A variable that has to be a whole number, written as numbers are.
fn number(vars: &Vars, name: &str) -> Result<i64, Missing> {
    let text = vars.get(name).map_or("", String::as_str);
    let number: Option<i64> = text.parse().ok();
    number.filter(|number| number.to_string() == text).ok_or_else(|| {
        Missing::Refused(format!("{name} is {}; hint: it is a whole number", crate::error::quoted(text)))
    })
}

fn json_text(value: &impl serde::Serialize) -> Result<String, Missing> {
    serde_json::to_string_pretty(value).map_err(|error| Refusal::internal("writing a resource", error).into())
}
