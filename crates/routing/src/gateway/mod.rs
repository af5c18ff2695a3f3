//! The gateway: mounted servers, and how a call finds its way to one of their nodes and back.
//!
//! * [`config`]: the file `routes.toml`.
//! * `connection`, `listener`, `node`, `lists`: a node's connection, in either revision; its health and what it offers.
//! * [`catalog`]: the union of it all.
//! * `need`, [`select`]: what a call asks for, and which node gets it.
//! * `run`, `attempts`, `request`, `forward`, `parked`: a call on its way, with its questions.
//! * `straight`: the shorter way of a call that needs none of that.
//! * `loops`: gateways that would lead back to themselves.
//! * `tasks`, `watching`, `following`: what goes on after an answer, what nodes tell unasked, and who hears of it.

mod attempts;
mod calls;
pub mod catalog;
pub mod config;
mod connection;
mod following;
mod forward;
mod links;
mod listener;
mod lists;
mod loops;
mod need;
mod node;
mod ordered;
mod parked;
mod program;
mod report;
mod request;
mod run;
pub mod select;
mod straight;
mod table;
mod tasks;
mod watching;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use mcp_support::{ask::Sealer, changes::Changes, cli::UsageError};
use rand::RngExt as _;
use rmcp::model::{MetaObject, Tool};
use tokio::{sync::Notify, task::JoinHandle};

use self::{
    catalog::Catalog,
    config::{GatewaySettings, Routes, RoutesError},
    node::{Node, Place},
    parked::Parking,
    program::Programs,
    select::{Choice, NoNode, Reasons},
    table::Table,
    watching::Told,
};
pub use self::{
    need::{META_KEY, Route},
    report::{NodeReport, TableReport},
    straight::Straight,
};
pub(crate) use self::{
    straight::Pool,
    watching::{NODE, TABLE},
};
use crate::{content::Category, context::Need, health::RetryBudget, strategy::Chooser};

/// Longest answer of a node, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// How long a task can be asked for, if its node keeps it.
const TASK_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Time for the nodes' programs to end.
const ENDING: Duration = Duration::from_secs(10);

/// The gateway. A clone is the same gateway.
#[derive(Clone)]
pub struct Gateway(Arc<Shared>);

struct Shared {
    /// Where the routes come from; none for those that were built in.
    file: Option<PathBuf>,
    table: RwLock<Arc<Table>>,
    catalog: RwLock<Arc<Catalog>>,
    choosers: Mutex<HashMap<String, Chooser>>,
    budget: Mutex<RetryBudget>,
    sealer: Sealer,
    task_sealer: Sealer,
    parking: Parking,
    changes: Changes,
    changed: Notify,
    told: Told,
    programs: Programs,
    /// Tells this gateway from all others.
    id: String,
    tasks: Mutex<HashMap<String, JoinHandle<()>>>,
}

impl Gateway {
    /// A gateway with these routes; nodes are connected in the background.
    ///
    /// # Errors
    /// It was started by a gateway with the same routes, and would start it again.
    pub fn start(routes: Routes, file: Option<PathBuf>, changes: Changes) -> Result<Self, UsageError> {
        let above = loops::below(&routes.digest, &std::env::var(loops::ABOVE).unwrap_or_default())?;
        let empty = Table {
            settings: GatewaySettings::default(),
            mounts: Vec::new(),
            nodes: Vec::new(),
            strategies: BTreeMap::new(),
        };
        let gateway = Self(Arc::new(Shared {
            file,
            table: RwLock::new(Arc::new(empty)),
            catalog: RwLock::default(),
            choosers: Mutex::default(),
            budget: Mutex::default(),
            sealer: Sealer::random(),
            task_sealer: Sealer::random().with_life(TASK_LIFE),
            parking: Parking::default(),
            changes,
            changed: Notify::new(),
            told: Told::default(),
            programs: Programs::below(above),
            id: format!("{:032x}", rand::rng().random::<u128>()),
            tasks: Mutex::default(),
        }));
        gateway.install(routes);
        gateway.spawn("gateway sweep", {
            let gateway = gateway.clone();
            async move { gateway.0.parking.sweep().await }
        });
        gateway.spawn("gateway catalog", {
            let gateway = gateway.clone();
            async move { gateway.follow().await }
        });
        Ok(gateway)
    }

    /// Puts routes in force: nodes that are as before stay as they are, with their calls.
    fn install(&self, routes: Routes) {
        let old = self.table();
        let mut nodes = Vec::new();
        for mount in &routes.mounts {
            for settings in &mount.nodes {
                let same = |node: &&Arc<Node>| {
                    node.mount == mount.name && node.bare == mount.bare && node.settings == *settings
                };
                let kept = old.nodes.iter().find(same).cloned();
                nodes.push(kept.unwrap_or_else(|| Node::new(settings.clone(), mount, &routes.gateway)));
            }
        }
        for gone in old.nodes.iter().filter(|node| !nodes.iter().any(|kept| Arc::ptr_eq(kept, node))) {
            if let Some(task) = self.tasks().remove(&gone.settings.id) {
                task.abort();
            }
            gone.leave();
        }
        for node in nodes.iter().filter(|node| !old.nodes.iter().any(|kept| Arc::ptr_eq(kept, node))) {
            let keeping = Arc::clone(node).keep(routes.gateway.clone(), self.clone());
            self.spawn(&node.settings.id, keeping);
        }
        let strategies = old.strategies.clone();
        let table = Table { settings: routes.gateway, mounts: routes.mounts, nodes, strategies };
        *self.0.table.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
        self.table_changed();
        self.has_changed();
    }

    /// Reads `routes.toml` again.
    ///
    /// # Errors
    /// It cannot be used: then nothing changes. Or there is none.
    pub fn reload(&self) -> Result<(), RoutesError> {
        let Some(file) = &self.0.file else {
            return Err(RoutesError::Invalid("this gateway was started without a routes.toml".to_owned()));
        };
        self.install(Routes::read(file)?);
        Ok(())
    }

    fn programs(&self) -> &Programs {
        &self.0.programs
    }

    fn id(&self) -> &str {
        &self.0.id
    }

    /// What a list of tools says of the gateways that its answers may come through.
    pub(crate) fn through(&self) -> MetaObject {
        let mut gateways: BTreeSet<String> =
            self.table().nodes.iter().flat_map(|node| node.offered().through.clone()).collect();
        gateways.insert(self.0.id.clone());
        loops::told(&gateways)
    }

    /// Ends all nodes, and waits until their programs have gone. Those that do not go are killed.
    pub async fn end(&self) {
        for (_, task) in self.tasks().drain() {
            task.abort();
        }
        for node in &self.table().nodes {
            node.leave();
        }
        let running = &self.programs().running;
        running.close();
        if tokio::time::timeout(ENDING, running.wait()).await.is_err() {
            tracing::warn!(programs = running.len(), "some programs do not end, and are killed");
        }
    }

    /// What the gateway shows now.
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.0.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is chosen, where a call to this mount goes.
    fn choice<'a>(
        &self,
        table: &Table,
        mount: &'a str,
        has: impl Fn(&Node) -> bool,
        need: &'a Need,
        key: Option<&'a str>,
        tried: &'a [String],
    ) -> Choice<'a> {
        let nodes = table.nodes.iter().filter(|node| node.mount == mount && has(node)).cloned().collect();
        Choice { mount, nodes, need, strategy: table.strategy(mount), key, tried }
    }

    /// A place at the node that gets a call to this mount, and why that one.
    fn take(
        &self,
        table: &Table,
        mount: &str,
        has: impl Fn(&Node) -> bool,
        need: &Need,
        key: Option<&str>,
        tried: &[String],
    ) -> Result<(Place, Reasons), NoNode> {
        let choice = self.choice(table, mount, has, need, key, tried);
        let mut choosers = self.0.choosers.lock().unwrap_or_else(PoisonError::into_inner);
        choice.take(choosers.entry(mount.to_owned()).or_default())
    }

    fn table(&self) -> Arc<Table> {
        Arc::clone(&self.0.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn attempt(&self) -> Duration {
        self.table().settings.attempt()
    }

    fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }

    fn parking(&self) -> &Parking {
        &self.0.parking
    }

    fn budget(&self) -> MutexGuard<'_, RetryBudget> {
        self.0.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<String, JoinHandle<()>>> {
        self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spawn(&self, name: &str, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks().insert(name.to_owned(), tokio::spawn(work));
    }

    /// The tool that texts of a category go to, and its argument for them: of the first mount that wants them.
    pub fn tool_for(&self, category: Category) -> Option<(String, String)> {
        let table = self.table();
        table.mounts.iter().filter(|mount| mount.categories.contains(&category)).find_map(|mount| {
            let tool = catalog::renamed(&mount.name, mount.bare, mount.text_tool.as_ref()?)?;
            Some((tool, mount.text_argument.clone()?))
        })
    }

    /// A tool by the name that it has here.
    pub fn tool(&self, name: &str) -> Option<Tool> {
        self.catalog().tool(name).cloned()
    }
}
