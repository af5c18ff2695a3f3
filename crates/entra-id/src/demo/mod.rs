//! The tour: real clients, the real servers as processes of their own, and the pages of the stand-in, filled in without a
//! window.

mod host;
mod local;
pub mod person;
mod remote;

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Context as _;
use mcp_support::{
    cli::DemoArgs,
    client::{Revision, Target, connect},
    demo::Tour,
};
use rmcp::{ClientHandler, RoleClient, model::CallToolResult, service::RunningService};
use secrecy::ExposeSecret;
use url::Url;

use self::person::{Does, Person};
use crate::tenant::{Tenant, TenantSettings, known};

/// What the steps share.
struct Stage {
    tenant: Tenant,
    program: PathBuf,
    /// Where the remote server will be: the tenant issues tokens for its URL.
    address: SocketAddr,
}

/// Runs the tour.
///
/// # Errors
/// A server cannot be started or reached, or a check has failed.
pub async fn tour(args: &DemoArgs) -> anyhow::Result<()> {
    let about = "Lesson 5.12. A local server that signs its person in, and a remote one that acts on behalf of its callers.\n\
                 The tenant and Graph are a stand-in on this machine; the servers speak the real protocol to it.";
    let mut tour = Tour::new("Entra ID", about, args);
    let address = host::free_address()?;
    let server_urls = vec![format!("http://{address}/mcp")];
    let settings = TenantSettings { device_interval: 1, server_urls, ..TenantSettings::default() };
    let tenant = Tenant::start(settings).await?;
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let stage = Stage { tenant, program, address };
    local::steps(&mut tour, &stage).await?;
    remote::steps(&mut tour, &stage).await?;
    tour.finish()
}

impl Stage {
    /// A client of the local server, which runs as a process with these variables besides.
    async fn local<H: ClientHandler>(
        &self,
        tour: &Tour,
        revision: Revision,
        handler: H,
        more: &[(&str, &str)],
    ) -> anyhow::Result<RunningService<RoleClient, H>> {
        let graph = self.tenant.graph_url();
        let own = [
            ("ENTRA_AUTHORITY", self.tenant.authority().as_str()),
            ("ENTRA_TENANT_ID", known::TENANT_ID),
            ("ENTRA_CLIENT_ID", known::LOCAL_APP),
            ("GRAPH_BASE_URL", graph.as_str()),
            ("ENTRA_TOKEN_CACHE", "memory"),
            ("ENTRA_DEVICE_CODE", "false"),
        ];
        let variables = own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let target = Target::Program {
            program: self.program.clone(),
            arguments: vec!["stdio".to_owned()],
            environment: variables.collect(),
        };
        connect(&target, revision, handler, tour.tap()).await
    }

    fn person(&self, does: Does) -> Person {
        Person::who(does, self.tenant.password().expose_secret())
    }
}

fn text(result: &CallToolResult) -> &str {
    result.content.first().and_then(|block| block.as_text()).map_or("", |text| &text.text)
}

/// A parameter of a link.
fn parameter(link: &str, name: &str) -> String {
    let link = Url::parse(link).ok();
    let found = link.and_then(|link| {
        let mut pairs = link.query_pairs();
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    });
    found.unwrap_or_default()
}
