//! The handler: what the protocol asks, and which file answers it.

use rmcp::{ServerHandler, model::*, prompt_handler, tool_handler};

use super::RootContexts;

#[tool_handler(router = self.tools)]
#[prompt_handler(router = self.prompts)]
impl ServerHandler for RootContexts {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_prompts().enable_resources().build();
        let server = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title("Root contexts");
        ServerConfig::new(capabilities).with_server_info(server)
    }
}
