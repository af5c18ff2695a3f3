//! The MCP surface: thin, no algorithms. One file for each family of features.

mod accounts;
mod answer;
mod completion;
mod data;
mod errors;
mod legacy_tasks;
mod logs;
mod long;
mod prompts;
mod reports;
mod resources;
mod status;
mod surface;
mod templates;

use std::{fs, path::Path, sync::Arc, time::Instant};

use mcp_support::{
    ask::Sealer,
    changes::Changes,
    fetch::{self, Fetcher},
    schema,
};
use rmcp::handler::server::router::{prompt::PromptRouter, tool::ToolRouter};
use tempfile::TempDir;
use url::Url;

use self::templates::Templates;
pub use self::{answer::report_result, legacy_tasks::LegacyTasks};
use crate::{
    accounts::Accounts,
    database::Database,
    downloads::Downloads,
    features::Features,
    files::Files,
    issues::Issues,
    pages::LocalPages,
    search::Counters,
    settings::Settings,
    tasks::{Tasks, store::Store},
    weather::Weather,
};

/// The server. A clone is cheap: everything is shared.
#[derive(Clone)]
pub struct ProtocolFeatures {
    tools: Arc<ToolRouter<Self>>,
    prompts: Arc<PromptRouter<Self>>,
    shared: Arc<Shared>,
}

/// What all clones share.
struct Shared {
    files: Arc<Files>,
    database: Database,
    downloads: Downloads,
    tasks: Arc<Tasks>,
    accounts: Accounts,
    local_pages: LocalPages,
    public_url: Option<Url>,
    features: Features,
    searches: Counters,
    templates: Templates,
    weather: Weather,
    issues: Issues,
    sealer: Sealer,
    changes: Changes,
    started: Instant,
    /// Goes with the process, where the operator has not named a folder.
    _temporary: Option<TempDir>,
}

impl ProtocolFeatures {
    /// A server with these settings, which goes on with the tasks that it finds. Needs a runtime.
    ///
    /// # Errors
    /// A folder cannot be used, a setting makes no sense, or two tools have one name.
    pub fn new(settings: &Settings, changes: Changes) -> anyhow::Result<Self> {
        let (temporary, data) = match &settings.data {
            Some(folder) => (None, folder.clone()),
            None => {
                let folder = tempfile::Builder::new().prefix("mcp-protocol-features-").tempdir()?;
                let path = folder.path().to_owned();
                (Some(folder), path)
            }
        };
        fs::create_dir_all(&data)?;
        let files = settings.files.clone().map_or_else(|| sample_files(&data), Ok)?;
        let database = Database::open(&data)?;
        let tasks = Arc::new(Tasks::new(Store::open(&data)?, database.sales()?, report_result));
        tasks.watch();
        let fetcher = Fetcher::new(fetch::Policy { allowed_hosts: settings.fetch_hosts.clone(), ..Default::default() });
        let shared = Shared {
            files: Arc::new(Files::open(&files)?),
            database,
            downloads: Downloads::new(data.join("downloads"), fetcher)?,
            tasks,
            accounts: Accounts::default(),
            local_pages: LocalPages::default(),
            public_url: settings.public_url.clone(),
            features: Features::default(),
            searches: Counters::default(),
            templates: Templates::new()?,
            weather: Weather::new(settings.weather_base_url.clone())?,
            issues: Issues::new(settings.github_base_url.clone(), settings.github_token.clone())?,
            sealer: match &settings.state_key {
                Some(key) => Sealer::with_key(key)?,
                None => Sealer::random(),
            },
            changes,
            started: Instant::now(),
            _temporary: temporary,
        };
        let tools = schema::join([
            Self::long_tools(),
            Self::data_tools(),
            Self::error_tools(),
            Self::log_tools(),
            Self::account_tools(),
            Self::report_tools(),
            Self::status_tools(),
        ])?;
        Ok(Self { tools: Arc::new(tools), prompts: Arc::new(Self::prompt_router()), shared: Arc::new(shared) })
    }

    /// The accounts that can be connected: the pages in front of them are served beside the protocol.
    pub fn accounts(&self) -> &Accounts {
        &self.shared.accounts
    }
}

/// Something to read, for whoever has not named a folder.
fn sample_files(data: &Path) -> std::io::Result<std::path::PathBuf> {
    let folder = data.join("files");
    fs::create_dir_all(folder.join("notes"))?;
    let lines: String = (1..=2000).map(|number| format!("{}\n", crate::facts::about(number))).collect();
    for (name, content) in [("numbers.txt", lines.as_str()), ("notes/hello.md", "# Hello\n\nA file of this lesson.\n")]
    {
        let path = folder.join(name);
        if !path.exists() {
            fs::write(path, content)?;
        }
    }
    Ok(folder)
}
