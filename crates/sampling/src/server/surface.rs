//! The handler: what the protocol asks, and which file answers it.

use rmcp::{ServerHandler, model::*, tool_handler};

use super::SamplingServer;

#[tool_handler(router = self.tools)]
impl ServerHandler for SamplingServer {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")).with_title("Sampling");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(server)
            .with_instructions(
                "Tools that need a language model: yours (sampling), a provider's, or a small embedded one. Each result \
                 says who wrote it. Begin with summarize; explain_parameters shows what generate would apply.",
            )
    }
}
