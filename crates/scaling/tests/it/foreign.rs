//! Real Redis and real nginx, each an instance of the test's own on a free port.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::Context as _;
use mcp_scaling::{
    chaos::{Deed, unleash_on},
    cluster::Cluster,
    store::StoreError,
};
use mcp_support::client::{Recorder, Revision, Target, call, connect};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    process::{Child, Command},
};

use crate::{chaos::args, fixture::BINARY};

/// A program that ends with its test.
struct Running {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl Drop for Running {
    /// nginx is more than one process, and only a signal that can be heard ends all of them.
    fn drop(&mut self) {
        let Some(id) = self.process.id() else { return };
        let told = std::process::Command::new("kill").arg(id.to_string()).status();
        for _ in 0..100 {
            if told.is_err() || !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// None where the program is missing, which is a failure in CI.
async fn start(
    program: &str,
    arguments: impl FnOnce(u16, &Path) -> anyhow::Result<Vec<String>>,
) -> anyhow::Result<Option<Running>> {
    let folder = TempDir::new()?;
    let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    let mut command = Command::new(program);
    command.args(arguments(port, folder.path())?).current_dir(folder.path());
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn();
    let process = match spawned {
        Ok(process) => process,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            anyhow::ensure!(!ci, "{program} is missing, and this is CI");
            eprintln!("skipped: {program} is missing");
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let listening = async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), listening)
        .await
        .with_context(|| format!("{program} does not listen"))?;
    Ok(Some(Running { process, port, folder }))
}

/// A Redis that has a write on disk before it acknowledges it.
async fn redis() -> anyhow::Result<Option<Running>> {
    start("redis-server", |port, folder| Ok(redis_flags(port, folder))).await
}

fn redis_flags(port: u16, folder: &Path) -> Vec<String> {
    let flags = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--port"];
    let flags = flags.map(str::to_owned).into_iter();
    flags.chain([port.to_string(), "--dir".to_owned(), folder.display().to_string()]).collect()
}

impl Running {
    /// Kills Redis, and starts it again a second later on the same port and with what it has on disk.
    async fn kill_and_start_again(&mut self) -> anyhow::Result<()> {
        self.process.kill().await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut again = Command::new("redis-server");
        again.args(redis_flags(self.port, self.folder.path())).stdout(Stdio::null()).kill_on_drop(true);
        self.process = again.spawn()?;
        Ok(())
    }
}

/// nginx with the configuration of `deploy/`, in which only the addresses are others.
async fn nginx(cluster: &Cluster) -> anyhow::Result<Option<Running>> {
    let mut config = include_str!("../../deploy/nginx.conf").to_owned();
    for (at, (_, node)) in cluster.nodes().iter().enumerate() {
        config = config.replace(&format!("127.0.0.1:800{}", at + 1), node.address());
    }
    start("nginx", |port, folder| {
        let config = config.replace("127.0.0.1:8000", &format!("127.0.0.1:{port}"));
        let file = folder.join("nginx.conf");
        std::fs::write(&file, config)?;
        let folder = format!("{}/", folder.display());
        Ok(["-p", &folder, "-c", &file.display().to_string(), "-g", "daemon off;"].map(str::to_owned).to_vec())
    })
    .await
}

fn url(redis: &Running) -> String {
    format!("redis://127.0.0.1:{}", redis.port)
}

async fn signal(process: &Child, name: &str) -> anyhow::Result<()> {
    let id = process.id().context("it runs")?;
    let status = Command::new("kill").args([format!("-{name}"), id.to_string()]).status().await?;
    anyhow::ensure!(status.success(), "kill -{name}: {status}");
    Ok(())
}

#[tokio::test]
async fn nothing_is_lost_behind_nginx_and_on_redis() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let free = ([127, 0, 0, 1], 0).into();
    let cluster = Cluster::start(Path::new(BINARY), 3, Some(url(&redis).into()), free, &[]).await?;
    let Some(nginx) = nginx(&cluster).await? else { return Ok(()) };
    let cluster = cluster.behind(format!("http://127.0.0.1:{}/mcp", nginx.port));
    // Sessions of 2025-11-25 find their way, too.
    let client = connect(&Target::Url(cluster.url().to_owned()), Revision::Legacy, Recorder::default(), None).await?;
    for _ in 0..6 {
        assert_ne!(call(&client, "node_info", json!({})).await?.is_error, Some(true));
    }
    client.cancel().await?;
    let pause = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        signal(&redis.process, "STOP").await?;
        tokio::time::sleep(Duration::from_secs(2)).await;
        signal(&redis.process, "CONT").await
    };
    let args = args(12, 0, &[Deed::Kill, Deed::Pause, Deed::Drain]);
    let (report, ()) = tokio::try_join!(unleash_on(cluster, &args), pause)?;
    assert!(report.verdict.acknowledged > 50, "{:?}", report.verdict);
    report.check()
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_when_redis_stands_still_or_dies_under_load() -> anyhow::Result<()> {
    let Some(mut redis) = redis().await? else { return Ok(()) };
    let free = ([127, 0, 0, 1], 0).into();
    let cluster = Cluster::start(Path::new(BINARY), 3, Some(url(&redis).into()), free, &[]).await?;
    // Nothing is done to the nodes: whatever comes back does so by itself.
    let args = args(20, 0, &[]);
    let disturbing = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        signal(&redis.process, "STOP").await?;
        tokio::time::sleep(Duration::from_secs(5)).await;
        signal(&redis.process, "CONT").await?;
        tokio::time::sleep(Duration::from_secs(4)).await;
        redis.kill_and_start_again().await
    };
    let (report, ()) = tokio::try_join!(unleash_on(cluster, &args), disturbing)?;
    let outcome = &report.outcome;
    report.verdict.and_nothing_lost(outcome)?;
    assert!(report.verdict.acknowledged > 100, "{:?}", report.verdict);
    assert!(outcome.again.contains_key("told to come back"), "{:?}", outcome.again);
    // It was back at 13 s; two seconds later a call is as fast as it was, give or take a busy machine.
    let [before, after] = [1..3, 15..20].map(|seconds| outcome.p99_ms(seconds));
    assert!(after <= (5.0 * before).max(500.0), "p99 was {before:.1} ms, and is {after:.1} ms afterwards");
    Ok(())
}

#[tokio::test]
async fn what_redis_has_acknowledged_is_there_after_it_was_killed() -> anyhow::Result<()> {
    let Some(mut redis) = redis().await? else { return Ok(()) };
    let store = mcp_scaling::store::open(Some(&url(&redis).into()))?;
    let day = Duration::from_secs(24 * 3600);
    for at in 0..50 {
        assert!(store.add_field("h", &at.to_string(), "x", day).await?);
    }
    redis.kill_and_start_again().await?;
    let back = async {
        loop {
            if let Ok(fields) = store.fields("h").await {
                return fields.len();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(20), back).await?, 50);
    Ok(())
}

#[tokio::test]
async fn a_full_redis_is_told_as_a_full_store() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let client = redis::Client::open(url(&redis))?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg("1").exec_async(&mut connection).await?;
    let store = mcp_scaling::store::open(Some(&url(&redis).into()))?;
    let minute = Duration::from_secs(60);
    assert_eq!(store.set("key", "value", minute).await, Err(StoreError::Full));
    assert_eq!(store.increment("count", minute).await, Err(StoreError::Full), "all commands or none");
    assert_eq!(store.add_field("hash", "field", "value", minute).await, Err(StoreError::Full));
    assert_eq!(store.get("key").await, Ok(None));
    Ok(())
}

#[tokio::test]
async fn redis_keeps_the_contract_that_the_stand_in_keeps() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let store = mcp_scaling::store::open(Some(&url(&redis).into()))?;
    mcp_scaling::store::contract(store).await?;
    Ok(())
}
