//! The wrapper's [`ServerHandler`]: each request goes through the guard, each result gets its stamp.
#![expect(deprecated, reason = "SEP-2577: sessions of 2025-11-25 set log levels and subscribe")]

use std::borrow::Cow;

use rmcp::{ErrorData, RoleServer, ServerHandler, model::*, service::*};

use super::{
    Ended, Hardened, SERVER_BUSY,
    stamp::{CacheHints, Stamp},
};
use crate::{changes::accepted, revision::is_modern, serve};

/// Most bytes of the parameters of `initialize`, which a session remembers.
const MAX_INITIALIZE_BYTES: usize = 64 * 1024;

/// A request that only passes through the guard.
macro_rules! guarded {
    ($method:literal, $name:ident($request:ty) -> $result:ty) => {
        async fn $name(&self, request: $request, context: RequestContext<RoleServer>) -> Result<$result, ErrorData> {
            let inner = &self.inner;
            Ok(self.guard($method, context, |context| inner.$name(request, context)).await?)
        }
    };
}

/// A request whose result also gets the stamp, and perhaps cache hints.
macro_rules! stamped {
    ($method:literal, $name:ident($request:ty) -> $result:ty $(, $hints:ident)?) => {
        async fn $name(
            &self,
            request: $request,
            context: RequestContext<RoleServer>,
        ) -> Result<$result, ErrorData> {
            let inner = &self.inner;
            let modern = is_modern(&context);
            let result = self.guard($method, context, |context| inner.$name(request, context)).await?;
            $(let result = if modern { result.$hints(self.shared.policy.list_ttl) } else { result };)?
            Ok(if modern { result.stamp(&self.shared.meta) } else { result })
        }
    };
}

impl<H: ServerHandler> ServerHandler for Hardened<H> {
    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        serve::permit(&context.extensions, serve::Operation { method: "tools/call", name: Some(&request.name) })?;
        let inner = &self.inner;
        let modern = is_modern(&context);
        crate::ask::remember_answers(&mut context, &request.request_state, &request.input_responses);
        let result = self.guard("tools/call", context, |context| inner.call_tool(request, context)).await;
        let result = match result {
            Ok(result) => result,
            // The model can mend a call that takes too long: by asking for less.
            Err(Ended::TimedOut(after)) => CallToolResult::error(vec![ContentBlock::text(format!(
                "the call did not finish within {} s; hint: ask for less at a time",
                after.as_secs()
            ))])
            .into(),
            Err(Ended::Failed(error)) => return Err(error),
        };
        Ok(if modern { result.stamp(&self.shared.meta) } else { result })
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        serve::permit(&context.extensions, serve::Operation { method: "prompts/get", name: Some(&request.name) })?;
        let inner = &self.inner;
        let modern = is_modern(&context);
        crate::ask::remember_answers(&mut context, &request.request_state, &request.input_responses);
        let result = self.guard("prompts/get", context, |context| inner.get_prompt(request, context)).await?;
        Ok(if modern { result.stamp(&self.shared.meta) } else { result })
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        serve::permit(&context.extensions, serve::Operation { method: "resources/read", name: Some(&request.uri) })?;
        let inner = &self.inner;
        let modern = is_modern(&context);
        crate::ask::remember_answers(&mut context, &request.request_state, &request.input_responses);
        let result = self.guard("resources/read", context, |context| inner.read_resource(request, context)).await?;
        Ok(if modern { result.stamp(&self.shared.meta) } else { result })
    }

    stamped!("completion/complete", complete(CompleteRequestParams) -> CompleteResult);
    stamped!("tools/list", list_tools(Option<PaginatedRequestParams>) -> ListToolsResult, fresh_for);
    stamped!("prompts/list", list_prompts(Option<PaginatedRequestParams>) -> ListPromptsResult, fresh_for);
    stamped!("resources/list", list_resources(Option<PaginatedRequestParams>) -> ListResourcesResult);
    stamped!(
        "resources/templates/list",
        list_resource_templates(Option<PaginatedRequestParams>) -> ListResourceTemplatesResult,
        fresh_for
    );

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        // A session keeps these parameters for as long as it lives.
        if serde_json::to_vec(&request).map_or(usize::MAX, |bytes| bytes.len()) > MAX_INITIALIZE_BYTES {
            let message = format!("the parameters of initialize are larger than {MAX_INITIALIZE_BYTES} bytes");
            return Err(ErrorData::invalid_params(message, None));
        }
        if let Some(changes) = &self.shared.policy.changes {
            changes.open(&self.session.feed);
        }
        let inner = &self.inner;
        Ok(self.guard("initialize", context, |context| inner.initialize(request, context)).await?)
    }

    guarded!("tasks/get", get_task(GetTaskParams) -> GetTaskResult);
    guarded!("tasks/update", update_task(UpdateTaskParams) -> ());
    guarded!("tasks/cancel", cancel_task(CancelTaskParams) -> ());
    guarded!("skills/list", list_skills(Option<PaginatedRequestParams>) -> ListSkillsResult);
    guarded!("skills/get", get_skill(GetSkillRequestParams) -> GetSkillResult);
    guarded!("resources/directory/read", read_resource_directory(ReadResourceDirectoryRequestParams) -> ReadResourceDirectoryResult);

    async fn ping(&self, context: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        self.inner.ping(context).await
    }

    async fn discover(&self, context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let inner = &self.inner;
        Ok(self.guard("server/discover", context, |context| inner.discover(context)).await?)
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        serve::permit(&context.extensions, serve::Operation { method: &request.method, name: None })?;
        // rmcp parses a known method with unusable parameters as a custom one, and would answer "method not found".
        if self.serves(&request.method, is_modern(&context)) {
            return Err(ErrorData::invalid_params(
                format!("the parameters of {} are missing or malformed", request.method),
                None,
            ));
        }
        let inner = &self.inner;
        Ok(self
            .guard("a method of the lesson's own", context, |context| inner.on_custom_request(request, context))
            .await?)
    }

    async fn set_level(
        &self,
        request: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        // Spec(2026-07-28, logging): the level comes with each request; the method is gone.
        if is_modern(&context) {
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        if self.inner.get_info().capabilities.logging.is_none() {
            let inner = &self.inner;
            return Ok(self.guard("logging/setLevel", context, |context| inner.set_level(request, context)).await?);
        }
        self.session.level.set(request.level);
        Ok(())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        match &self.shared.policy.changes {
            Some(changes) => {
                changes.begin(&self.session.begun);
                Some(accepted(requested))
            }
            None => self.inner.accepted_subscription_filter(requested),
        }
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let Ok(_stream) = self.shared.streams.try_acquire() else {
            return Err(ErrorData::new(SERVER_BUSY, "too many subscriptions are open", None));
        };
        let listen = serve::Operation { method: "subscriptions/listen", name: None };
        serve::permit(&context.request_context().extensions, listen)?;
        let gone = serve::Disconnect::of_stream(context.request_context());
        let closing = &self.shared.closing;
        // Not guarded: a subscription has no deadline, and a shutdown does not wait for it.
        match &self.shared.policy.changes {
            Some(changes) => tokio::select! {
                () = gone.happened() => Ok(()),
                result = changes.listen(&self.session.begun, &context, closing) => result,
            },
            None => tokio::select! {
                () = gone.happened() => Ok(()),
                () = closing.cancelled() => Ok(()),
                result = self.inner.listen(context) => result,
            },
        }
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        match &self.shared.policy.changes {
            Some(changes) if self.serves("resources/subscribe", false) => {
                self.session.subscriptions.add(request.uri, changes)
            }
            Some(_) => Err(ErrorData::method_not_found::<SubscribeRequestMethod>()),
            None => {
                let inner = &self.inner;
                Ok(self.guard("resources/subscribe", context, |context| inner.subscribe(request, context)).await?)
            }
        }
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        match &self.shared.policy.changes {
            Some(_) => {
                self.session.subscriptions.remove(&request.uri);
                Ok(())
            }
            None => {
                let inner = &self.inner;
                Ok(self.guard("resources/unsubscribe", context, |context| inner.unsubscribe(request, context)).await?)
            }
        }
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        if let Some(changes) = &self.shared.policy.changes {
            let subscriptions = self.session.subscriptions.clone();
            changes.follow(&self.session.feed, context.peer.clone(), subscriptions, self.shared.closing.clone());
        }
        self.inner.on_initialized(context).await;
    }

    async fn on_cancelled(&self, params: CancelledNotificationParam, context: NotificationContext<RoleServer>) {
        self.inner.on_cancelled(params, context).await;
    }

    async fn on_progress(&self, params: ProgressNotificationParam, context: NotificationContext<RoleServer>) {
        self.inner.on_progress(params, context).await;
    }

    async fn on_roots_list_changed(&self, context: NotificationContext<RoleServer>) {
        self.inner.on_roots_list_changed(context).await;
    }

    async fn on_custom_notification(&self, notification: CustomNotification, context: NotificationContext<RoleServer>) {
        self.inner.on_custom_notification(notification, context).await;
    }

    fn negotiate_initialize(&self, request: &InitializeRequestParams) -> Result<InitializeResult, ErrorData> {
        self.inner.negotiate_initialize(request)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        self.inner.supported_protocol_versions()
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.inner.get_tool(name)
    }

    fn get_info(&self) -> ServerConfig {
        self.inner.get_info()
    }
}

impl<H: ServerHandler> Hardened<H> {
    /// Whether a standard method is part of this revision and of what this server offers.
    fn serves(&self, method: &str, modern: bool) -> bool {
        let capabilities = self.inner.get_info().capabilities;
        let resources = capabilities.resources.as_ref();
        match method {
            "initialize" | "ping" => !modern,
            "server/discover" => true,
            "subscriptions/listen" => modern,
            "logging/setLevel" => !modern && capabilities.logging.is_some(),
            "resources/subscribe" | "resources/unsubscribe" => {
                !modern && resources.is_some_and(|resources| resources.subscribe == Some(true))
            }
            "resources/list" | "resources/read" | "resources/templates/list" => resources.is_some(),
            "prompts/list" | "prompts/get" => capabilities.prompts.is_some(),
            "tools/list" | "tools/call" => capabilities.tools.is_some(),
            "completion/complete" => capabilities.completions.is_some(),
            "tasks/get" | "tasks/update" | "tasks/cancel" => capabilities.supports_tasks(),
            _ => false,
        }
    }
}
