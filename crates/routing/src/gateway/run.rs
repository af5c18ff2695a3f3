//! What clients call, and what becomes of the answer.

use mcp_support::serve::principal;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams, CompleteResult, ContentBlock,
        GetPromptRequestParams, GetPromptResponse, ReadResourceRequestParams, ReadResourceResponse, Reference,
        ServerResult,
    },
    service::RequestContext,
};

use super::{
    Gateway,
    attempts::Done,
    links, need,
    request::{Forwarded, Kind},
};

impl Gateway {
    /// Forwards `tools/call`.
    ///
    /// # Errors
    /// The node's own, with its code; -32602 for a tool that no mount has.
    pub async fn call_tool(
        &self,
        params: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        match self.forward(Forwarded::Tool(params), context).await? {
            Done::Result(result) => match *result {
                ServerResult::CallToolResult(result) => Ok(CallToolResponse::Complete(result)),
                ServerResult::CreateTaskResult(task) => Ok(CallToolResponse::Task(task)),
                _ => Ok(CallToolResult::error(vec![ContentBlock::text(STRANGE)]).into()),
            },
            Done::Ask(questions) => Ok(CallToolResponse::InputRequired(questions)),
            // The model can do something else, or try again: a result, and no protocol error.
            Done::Nobody(why) => Ok(CallToolResult::error(vec![ContentBlock::text(why)]).into()),
        }
    }

    /// Forwards `prompts/get`.
    ///
    /// # Errors
    /// As [`Gateway::call_tool`]; -32603 where nobody can answer.
    pub async fn get_prompt(
        &self,
        params: GetPromptRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        match self.forward(Forwarded::Prompt(params), context).await? {
            Done::Result(result) => match *result {
                ServerResult::GetPromptResult(result) => Ok(GetPromptResponse::Complete(result)),
                _ => Err(ErrorData::internal_error(STRANGE, None)),
            },
            Done::Ask(questions) => Ok(GetPromptResponse::InputRequired(questions)),
            Done::Nobody(why) => Err(ErrorData::internal_error(why, None)),
        }
    }

    /// Forwards `resources/read`.
    ///
    /// # Errors
    /// As [`Gateway::get_prompt`].
    pub async fn read_resource(
        &self,
        params: ReadResourceRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = params.uri.clone();
        let forwarded = self.forward(Forwarded::Resource(params), context).await;
        match forwarded.map_err(|error| links::name(error, &uri))? {
            Done::Result(result) => match *result {
                ServerResult::ReadResourceResult(result) => Ok(ReadResourceResponse::Complete(result)),
                _ => Err(ErrorData::internal_error(STRANGE, None)),
            },
            Done::Ask(questions) => Ok(ReadResourceResponse::InputRequired(questions)),
            Done::Nobody(why) => Err(ErrorData::internal_error(why, None)),
        }
    }

    /// Forwards `completion/complete`. It is asked with each key that somebody types, so it is asked once.
    ///
    /// # Errors
    /// The node's own, with its code; -32602 for a prompt or template that no mount has.
    pub async fn complete(
        &self,
        mut params: CompleteRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let table = self.table();
        let unknown = || ErrorData::invalid_params("no mount has what is to be completed", None);
        let (mount, kind, name) = match &mut params.r#ref {
            Reference::Prompt(prompt) => {
                let (mount, name) = table.named(&prompt.name).ok_or_else(unknown)?;
                let (mount, name) = (mount.to_owned(), name.to_owned());
                prompt.name.clone_from(&name);
                (mount, Kind::Prompt, name)
            }
            Reference::Resource(template) => {
                let (mount, uri) = table.addressed(&template.uri).ok_or_else(unknown)?;
                let (mount, uri) = (mount.to_owned(), uri.to_owned());
                template.uri.clone_from(&uri);
                (mount, Kind::Resource, uri)
            }
            _ => return Err(unknown()),
        };
        let (need, key) = need::read(need::in_meta(&context.meta).as_deref(), None, principal(context))?;
        let taken = self.take(&table, &mount, |node| node.has(kind, &name), &need, key.as_deref(), &[]);
        let (place, _) = taken.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let peer = place.connection.peer().clone();
        place.ask(&mount, peer.complete(params), self.attempt()).await
    }
}

const STRANGE: &str = "the node answered something else than was asked";
