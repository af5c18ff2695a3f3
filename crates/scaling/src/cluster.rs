//! A cluster on one machine: a store, nodes and a balancer, each a process of this program.

use std::{
    collections::HashMap,
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use clap::{Arg, Args, Command, parser::ValueSource};
use mcp_support::{
    client::{HttpServer, PATIENCE},
    shutdown,
};
use secrecy::{ExposeSecret, SecretString};

use crate::{parent, settings::Settings};

/// Running processes. They end when this is dropped.
pub struct Cluster {
    program: PathBuf,
    url: SecretString,
    flags: Vec<String>,
    nodes: Vec<(String, HttpServer)>,
    /// Where each name listens: a balancer that reads no registry expects it to come back there.
    addresses: HashMap<String, String>,
    front: Option<String>,
    balancer: HttpServer,
    // Last, so that the nodes end before it does.
    store: Option<HttpServer>,
}

impl Cluster {
    /// Starts `count` nodes of `program`, with `flags` for each, on the store at `url` or on one of its own, and waits until
    /// the balancer reaches them.
    ///
    /// # Errors
    /// A process does not start.
    pub async fn start(
        program: &Path,
        count: usize,
        url: Option<SecretString>,
        bind: SocketAddr,
        flags: &[String],
    ) -> anyhow::Result<Self> {
        let mut cluster = Self::without_nodes(program, url, bind, flags).await?;
        cluster.start_nodes(count).await?;
        Ok(cluster)
    }

    /// The store and the balancer alone.
    ///
    /// # Errors
    /// A process does not start.
    pub async fn without_nodes(
        program: &Path,
        url: Option<SecretString>,
        bind: SocketAddr,
        flags: &[String],
    ) -> anyhow::Result<Self> {
        let (store, url) = match url {
            Some(url) => (None, url),
            None => {
                let store = parent::start(program, "store", "127.0.0.1:0", &[], &[]).await.context("the store")?;
                let url = SecretString::from(store.url.clone());
                (Some(store), url)
            }
        };
        let variables = [("REDIS_URL".to_owned(), url.expose_secret().to_owned())];
        let bind = bind.to_string();
        // It takes bodies as large as its nodes do.
        let given: Vec<&str> = flags.iter().map(String::as_str).collect();
        let balancer = parent::start(program, "balance", &bind, &given, &variables).await.context("the balancer")?;
        let cluster = Self {
            program: program.to_owned(),
            url,
            flags: flags.to_vec(),
            nodes: Vec::new(),
            addresses: HashMap::new(),
            front: None,
            balancer,
            store,
        };
        Ok(cluster)
    }

    /// Starts nodes, and waits until the balancer sends calls to them.
    ///
    /// # Errors
    /// One does not start.
    pub async fn start_nodes(&mut self, count: usize) -> anyhow::Result<()> {
        for at in 1..=count {
            self.start_node(&format!("node-{at}")).await?;
        }
        self.settled().await
    }

    /// Where clients call it.
    pub fn url(&self) -> &str {
        self.front.as_deref().unwrap_or(&self.balancer.url)
    }

    /// Has clients call it at `url`, where a balancer expects each node at the address that it has now.
    #[must_use]
    pub fn behind(mut self, url: String) -> Self {
        self.front = Some(url);
        self
    }

    /// The store that its nodes share.
    pub fn store_url(&self) -> &SecretString {
        &self.url
    }

    /// Its nodes: name and process.
    pub fn nodes(&self) -> &[(String, HttpServer)] {
        &self.nodes
    }

    /// What it takes besides nodes: the balancer, and the store if it is this cluster's own.
    pub fn helpers(&self) -> impl Iterator<Item = &HttpServer> {
        [&self.balancer].into_iter().chain(&self.store)
    }

    /// Waits until the balancer sends calls to the nodes that run, and to no other.
    ///
    /// # Errors
    /// It does not in time.
    pub async fn settled(&self) -> anyhow::Result<()> {
        let url = format!("{}/nodes", self.balancer.origin());
        let client = reqwest::Client::builder().no_proxy().build()?;
        let mut running: Vec<&str> = self.nodes.iter().map(|(name, _)| name.as_str()).collect();
        running.sort_unstable();
        let settling = async {
            loop {
                let known: Vec<String> = client.get(&url).send().await?.json().await?;
                if known == running {
                    return anyhow::Ok(());
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PATIENCE, settling).await.context("the balancer does not know the nodes")?
    }

    /// Has the nodes listen on `first` and the ports after it.
    #[must_use]
    pub fn on_ports(mut self, first: u16, count: usize) -> Self {
        let ports = (first..).zip(1..=count);
        self.addresses.extend(ports.map(|(port, at)| (format!("node-{at}"), format!("127.0.0.1:{port}"))));
        self
    }

    /// Starts a node with this name.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_node(&mut self, name: &str) -> anyhow::Result<()> {
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).chain(["--node", name]).collect();
        let variables = [("REDIS_URL".to_owned(), self.url.expose_secret().to_owned())];
        let bind = match self.addresses.get(name) {
            Some(address) if self.front.is_some() => address.as_str(),
            _ => "127.0.0.1:0",
        };
        let node = parent::start(&self.program, "http", bind, &flags, &variables).await;
        let node = node.with_context(|| format!("the node {name}"))?;
        self.addresses.insert(name.to_owned(), node.address().to_owned());
        self.nodes.push((name.to_owned(), node));
        Ok(())
    }

    /// Kills a node at once, as a crash would. Answers its name.
    ///
    /// # Errors
    /// There is no such node.
    pub fn kill(&mut self, at: usize) -> anyhow::Result<String> {
        ensure!(at < self.nodes.len(), "there is no node {at}");
        // Dropping a process kills it.
        Ok(self.nodes.remove(at).0)
    }

    /// Pauses the store, if it is this cluster's own. Answers what was done.
    ///
    /// # Errors
    /// It has ended.
    pub async fn pause_store(&self, pause: Duration) -> anyhow::Result<String> {
        let Some(store) = &self.store else { return Ok("the store is not this cluster's own".to_owned()) };
        store.signal("STOP").await?;
        tokio::time::sleep(pause).await;
        store.signal("CONT").await?;
        Ok(format!("the store was paused for {} s", pause.as_secs()))
    }

    /// Ends a node with SIGTERM, and waits until it has. Answers its name.
    ///
    /// # Errors
    /// There is no such node, or it does not end well.
    pub async fn drain(&mut self, at: usize) -> anyhow::Result<String> {
        ensure!(at < self.nodes.len(), "there is no node {at}");
        let (name, mut node) = self.nodes.remove(at);
        node.terminate().await?;
        let status = node.wait().await?;
        ensure!(status.success(), "{name}: {status}: {}", node.log());
        Ok(name)
    }
}

/// What was given to this program for its nodes: the settings on its command line, but those that are the cluster's own.
/// Variables reach nodes by themselves.
fn flags(given: impl Iterator<Item = OsString>) -> Result<Vec<String>, clap::Error> {
    const OWN: [&str; 2] = ["store", "node"];
    let without_variables = |command: Command| command.mut_args(|arg| arg.env(None::<&'static str>));
    let settings = without_variables(Settings::augment_args(Command::new("settings")));
    let cluster = without_variables(ClusterArgs::augment_args(Command::new("cluster")));
    let parent = Arg::new("parent").long("parent").global(true);
    let matches = settings.clone().arg(parent).subcommand(cluster).try_get_matches_from(given)?;
    let matches = matches.subcommand().map_or(&matches, |(_, matches)| matches);
    let mut flags = Vec::new();
    for arg in settings.get_arguments().filter(|arg| !OWN.contains(&arg.get_id().as_str())) {
        let id = arg.get_id().as_str();
        let Some(name) = arg.get_long().filter(|_| matches.value_source(id) == Some(ValueSource::CommandLine)) else {
            continue;
        };
        if arg.get_action().takes_values() {
            let values = matches.get_raw(id).into_iter().flatten();
            flags.extend(values.map(|value| format!("--{name}={}", value.display())));
        } else {
            flags.push(format!("--{name}"));
        }
    }
    Ok(flags)
}

/// Flags of `cluster`.
#[derive(Debug, Clone, Args)]
pub struct ClusterArgs {
    /// How many nodes
    #[arg(long, env = "SCALING_NODES", default_value_t = 3, value_name = "COUNT",
          value_parser = clap::value_parser!(u64).range(1..=32))]
    pub nodes: u64,
    /// Address of the balancer; port 0 takes a free one
    #[arg(long, env = "MCP_BIND", default_value = "127.0.0.1:8000", value_name = "ADDRESS:PORT")]
    pub bind: SocketAddr,
}

/// Starts a cluster and lets it run until SIGINT or SIGTERM.
///
/// # Errors
/// A process does not start.
pub async fn run(args: &ClusterArgs, url: Option<SecretString>) -> anyhow::Result<()> {
    let count = usize::try_from(args.nodes)?;
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let mut cluster = Cluster::start(&program, count, url, args.bind, &flags(std::env::args_os())?).await?;
    for (name, node) in cluster.nodes() {
        eprintln!("{name} on {}", node.url);
    }
    eprintln!("listening on {}", cluster.url());
    shutdown::signal().await?;
    while !cluster.nodes.is_empty() {
        cluster.drain(0).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_get_the_flags_that_are_not_the_clusters() {
        let passed = |given: &str| {
            let given = ["mcp-scaling"].into_iter().chain(given.split_whitespace()).map(OsString::from);
            flags(given).expect("flags").join(" ")
        };
        let given = "--calls 7 cluster --nodes 3 --workers=2 --bind=127.0.0.1:0 --store redis://host --queue 5";
        assert_eq!(passed(given), "--workers=2 --queue=5 --calls=7");
        assert_eq!(passed("--parent 7 cluster --queue 5 --parent=7"), "--queue=5");
        assert_eq!(passed("--streamed cluster --admin cluster --nodes 2 --node=a"), "--admin=cluster --streamed");
        assert_eq!(passed("--queue 5 cluster --admin=--queue"), "--queue=5 --admin=--queue");
        assert_eq!(passed("cluster"), "");
    }
}
