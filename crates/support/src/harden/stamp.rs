//! What every result carries besides its content: who made it, and how long it may be kept.

use std::time::Duration;

use rmcp::model::{
    CacheScope, CallToolResponse, CompleteResult, GetPromptResponse, Implementation, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, MetaObject, ReadResourceResponse,
};

/// Spec(2026-07-28, basic): results SHOULD name the server that made them.
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// The `_meta` that names `server`. Icons stay out: they would be repeated with every answer.
pub(super) fn server_info(server: &Implementation) -> MetaObject {
    let mut meta = MetaObject::new();
    let mut info = serde_json::json!({ "name": server.name, "version": server.version });
    if let Some(title) = &server.title {
        info["title"] = title.clone().into();
    }
    meta.0.insert(SERVER_INFO.to_owned(), info);
    meta
}

/// A result that has a `_meta`.
pub(super) trait Stamp {
    fn meta(&mut self) -> Option<&mut Option<MetaObject>>;

    /// Adds `stamp` to the result's `_meta`, leaving what the handler put there.
    fn stamp(mut self, stamp: &MetaObject) -> Self
    where
        Self: Sized,
    {
        if let Some(meta) = self.meta() {
            let meta = meta.get_or_insert_default();
            for (key, value) in &stamp.0 {
                meta.0.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        self
    }
}

macro_rules! stamp_field {
    ($($result:ty),+) => {$(
        impl Stamp for $result {
            fn meta(&mut self) -> Option<&mut Option<MetaObject>> {
                Some(&mut self.meta)
            }
        }
    )+};
}
stamp_field!(CompleteResult, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult);

impl Stamp for CallToolResponse {
    fn meta(&mut self) -> Option<&mut Option<MetaObject>> {
        match self {
            Self::Complete(result) => Some(&mut result.meta),
            Self::InputRequired(result) => Some(&mut result.meta),
            Self::Task(result) => Some(&mut result.meta),
            _ => None,
        }
    }
}

impl Stamp for GetPromptResponse {
    fn meta(&mut self) -> Option<&mut Option<MetaObject>> {
        match self {
            Self::Complete(result) => Some(&mut result.meta),
            Self::InputRequired(result) => Some(&mut result.meta),
            _ => None,
        }
    }
}

impl Stamp for ReadResourceResponse {
    fn meta(&mut self) -> Option<&mut Option<MetaObject>> {
        match self {
            // `resources/read` has no `_meta` of its own in rmcp 3.11.
            Self::InputRequired(result) => Some(&mut result.meta),
            _ => None,
        }
    }
}

/// A list with cache hints.
pub(super) trait CacheHints: Sized {
    /// Sets the hints where the handler left the SDK's default of zero.
    fn fresh_for(self, ttl: Duration) -> Self;
}

macro_rules! cache_hints {
    ($($result:ty),+) => {$(
        impl CacheHints for $result {
            fn fresh_for(mut self, ttl: Duration) -> Self {
                if self.ttl_ms.is_none_or(|ttl| ttl == 0) {
                    self.ttl_ms = Some(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
                    // What every caller may see is public; a handler that filters its lists says so itself.
                    self.cache_scope.get_or_insert(CacheScope::Private);
                }
                self
            }
        }
    )+};
}
cache_hints!(ListPromptsResult, ListResourceTemplatesResult, ListToolsResult);
