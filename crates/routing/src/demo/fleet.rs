//! The fleet: nine servers, of which four run on HTTP as processes of the tour's own, and a file with the routes to all.

use std::fmt::Write;

use anyhow::Context as _;
use mcp_support::client::HttpServer;
use tempfile::TempDir;

/// The node that the tour kills.
pub(super) const KILLED: &str = "calculator-2";

/// Id, mount and arguments of the servers on HTTP.
const ON_HTTP: [(&str, &str, &[&str]); 4] = [
    ("weather-us-2", "weather", &["weather", "--region", "us", "--tool-version", "2.0.0", "--only", "2026-07-28"]),
    ("weather-eu-2", "weather", &["weather", "--region", "eu", "--tool-version", "2.0.0", "--only", "2025-11-25"]),
    (KILLED, "calculator", &["calculator"]),
    ("scientific-1", "scientific", &["search", "--collection", "scientific", "--only", "2025-11-25"]),
];
/// The servers on stdio.
const ON_STDIO: [(&str, &str, &[&str]); 5] = [
    ("weather-us-1", "weather", &["weather", "--region", "us", "--tool-version", "1.4.0"]),
    ("calculator-1", "calculator", &["calculator", "--only", "2025-11-25"]),
    ("database-1", "database", &["database", "--region", "eu"]),
    ("creative-1", "creative", &["search", "--collection", "creative"]),
    ("general-1", "general", &["search", "--collection", "general", "--only", "2026-07-28"]),
];

/// Nine running servers.
pub(super) struct Fleet {
    servers: Vec<(&'static str, HttpServer)>,
    folder: TempDir,
}

impl Fleet {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let program = std::env::current_exe()?;
        let starting = ON_HTTP.map(|(id, _, arguments)| {
            let program = &program;
            async move {
                let arguments: Vec<&str> = arguments.iter().copied().chain(["--http"]).collect();
                anyhow::Ok((id, HttpServer::start_command(program, "upstream", &arguments, &[]).await?))
            }
        });
        let servers = futures::future::try_join_all(starting).await?;
        let folder = TempDir::new()?;
        std::fs::write(folder.path().join("routes.toml"), Self::table(&servers)?)?;
        Ok(Self { servers, folder })
    }

    /// The file.
    pub(super) fn routes(&self) -> std::path::PathBuf {
        self.folder.path().join("routes.toml")
    }

    /// Kills a server at once, as a crash would.
    pub(super) async fn kill_calculator(&mut self) -> anyhow::Result<()> {
        let at = self.servers.iter().position(|(id, _)| *id == KILLED).context("it runs")?;
        // Dropping a server kills it.
        drop(self.servers.remove(at));
        Ok(())
    }

    fn table(servers: &[(&'static str, HttpServer)]) -> anyhow::Result<String> {
        let mut table = "[gateway]\nprobe_seconds = 0.5\n".to_owned();
        for mount in ["weather", "calculator", "database", "creative", "scientific", "general"] {
            write!(table, "\n[[mount]]\nname = \"{mount}\"\n")?;
            let categories = match mount {
                "creative" => "\"creative\"",
                "scientific" => "\"scientific\"",
                "general" => "\"general\", \"code\"",
                _ => "",
            };
            if !categories.is_empty() {
                writeln!(
                    table,
                    "categories = [{categories}]\ntext_tool = \"search_documents\"\ntext_argument = \"query\""
                )?;
            }
            for (id, of, arguments) in ON_STDIO.iter().filter(|(_, of, _)| *of == mount) {
                let command: Vec<String> =
                    ["{self}", "upstream"].iter().chain(*arguments).map(|part| format!("\"{part}\"")).collect();
                writeln!(
                    table,
                    "[[mount.node]]\nid = \"{id}\"\ncommand = [{}]{}",
                    command.join(", "),
                    context(of, arguments)
                )?;
            }
            for (id, of, arguments) in ON_HTTP.iter().filter(|(_, of, _)| *of == mount) {
                let (_, server) = servers.iter().find(|(known, _)| known == id).context("it runs")?;
                writeln!(table, "[[mount.node]]\nid = \"{id}\"\nurl = \"{}\"{}", server.url, context(of, arguments))?;
            }
        }
        Ok(table)
    }
}

/// Region, residency and version, where a server says so.
fn context(mount: &str, arguments: &[&str]) -> String {
    let after = |flag: &str| arguments.iter().position(|part| *part == flag).and_then(|at| arguments.get(at + 1));
    let mut text = String::new();
    if let Some(region) = after("--region") {
        text += &format!("\nregion = \"{region}\"\nresidency = \"{region}\"");
    }
    if let Some(version) = after("--tool-version") {
        text += &format!("\nversion = \"{version}\"");
    }
    if mount == "weather" && after("--tool-version") == Some(&"1.4.0") {
        text += "\ndeprecated = \"use v2, which knows about rain\"";
    }
    text
}
