//! (4) What replaces roots: the resource template `file://{+path}`, with completion. Which files there are is decided
//! by the operator's configuration alone; a URI that the client sends takes the place of a root that it would have
//! named.

use std::io::Read;

use base64::{Engine, engine::general_purpose::STANDARD};
use mcp_support::refusal::{completion, not_found};
use rmcp::{
    ErrorData, RoleServer,
    model::{CacheScope, CompletionInfo, ReadResourceResult, Resource, ResourceContents, ResourceTemplate},
    service::RequestContext,
};
use serde_json::json;

use super::{RootContexts, roots::blocking};
use crate::{
    error::Refusal,
    workspace::{
        complete,
        open::OpenError,
        scope::{Scope, ScopeError},
    },
};

/// The template.
pub(super) const TEMPLATE: &str = "file://{+path}";
/// Its only variable.
const VARIABLE: &str = "path";
/// Largest file that is sent as a resource, in bytes.
const MAX_FILE: u64 = 1024 * 1024;

/// What a URI names.
enum Found {
    File(Vec<u8>),
    Folder,
}

impl RootContexts {
    /// The template as it is listed.
    pub(super) fn file_template() -> ResourceTemplate {
        ResourceTemplate::new(TEMPLATE, "file").with_title("A file or a folder").with_description(
            "A file that the operator allows, at most 1 MiB; for a folder, the same analysis as analyze_project",
        )
    }

    /// The allowed folders as they are listed.
    pub(super) fn folder_resources(&self) -> Vec<Resource> {
        let uris = Scope::everything(&self.shared.workspace.folders).uris();
        let folder = |uri: String| {
            let name = uri.rsplit('/').next().unwrap_or_default().to_owned();
            Resource::new(uri, name).with_title("An allowed folder, analyzed").with_mime_type("application/json")
        };
        uris.into_iter().map(folder).collect()
    }

    /// Reads a `file:` URI: a file's content, or a folder's analysis.
    pub(super) async fn read_file_resource(
        &self,
        uri: &str,
        context: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResult, ErrorData> {
        let (folders, named) = (self.shared.workspace.folders.clone(), uri.to_owned());
        let found = blocking(move || {
            let scope = Scope::everything(&folders);
            match scope.file(&folders, &named) {
                Ok((file, _)) => {
                    let mut bytes = Vec::new();
                    let read = file.take(MAX_FILE + 1).read_to_end(&mut bytes);
                    read.map_err(|error| Refusal::internal("reading a file", error))?;
                    Ok(Ok(Found::File(bytes)))
                }
                // Perhaps a folder; a pipe or a device is none, and stays what it was.
                Err(ScopeError::Open(OpenError::NotAFile)) => match scope.narrowed(&folders, &named) {
                    Ok(_) => Ok(Ok(Found::Folder)),
                    Err(_) => Ok(Err(ScopeError::Open(OpenError::NotAFile))),
                },
                Err(error) => Ok(Err(error)),
            }
        });
        let contents = match found.await.map_err(Refusal::protocol_error)? {
            Ok(Found::File(bytes)) => contents(bytes, uri)?,
            Ok(Found::Folder) => {
                let named = uri.to_owned();
                let scope = move |folders: &_| {
                    let everything = Scope::everything(folders);
                    everything
                        .narrowed(folders, &named)
                        .map_err(|error| Refusal::argument(error.to_string(), "try again"))
                };
                let analysis = self.shared.workspace.analysis(scope, context).await;
                let analysis = analysis.map_err(|refusal| refused(refusal.to_string(), uri))?;
                let text = serde_json::to_string(&analysis)
                    .map_err(|error| Refusal::internal("writing an analysis", error).protocol_error())?;
                ResourceContents::text(text, uri).with_mime_type("application/json")
            }
            // What is outside, and what may not be read, is not told apart from what is not there.
            Err(
                ScopeError::Outside
                | ScopeError::Open(OpenError::Missing | OpenError::NotAFolder | OpenError::NotAllowed),
            ) => {
                return Err(not_found("no such resource", uri));
            }
            Err(error) => return Err(refused(error.to_string(), uri)),
        };
        // It can change at any moment, and one caller may be allowed what another is not.
        Ok(ReadResourceResult::new(vec![contents]).with_ttl_ms(0).with_cache_scope(CacheScope::Private))
    }

    /// How the template's `path` goes on.
    pub(super) async fn complete_path(&self, variable: &str, value: &str) -> Result<CompletionInfo, ErrorData> {
        if variable != VARIABLE {
            return Err(ErrorData::invalid_params(format!("{TEMPLATE} has one variable, {VARIABLE}"), None));
        }
        let (folders, value) = (self.shared.workspace.folders.clone(), value.to_owned());
        let paths = blocking(move || Ok(complete::paths(&folders, &value))).await;
        completion(paths.map_err(Refusal::protocol_error)?)
    }
}

fn contents(bytes: Vec<u8>, uri: &str) -> Result<ResourceContents, ErrorData> {
    if bytes.len() as u64 > MAX_FILE {
        let what = format!("the file is larger than {MAX_FILE} bytes; hint: read parts of it with read_workspace_file");
        return Err(refused(what, uri));
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => ResourceContents::text(text, uri).with_mime_type("text/plain"),
        Err(binary) => {
            ResourceContents::blob(STANDARD.encode(binary.as_bytes()), uri).with_mime_type("application/octet-stream")
        }
    })
}

fn refused(what: String, uri: &str) -> ErrorData {
    ErrorData::invalid_params(what, Some(json!({ "uri": uri })))
}
