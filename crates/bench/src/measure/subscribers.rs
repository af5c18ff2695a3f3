//! One change, and many subscribers that hear of it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures::future::try_join_all;
use mcp_support::load::{Connection, PATIENCE};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use super::process::{Process, Stage, Who};
use crate::call;

/// A resource that changes.
const RESOURCE: &str = "bench://counter";

/// After this long without reading, a connection is closed.
const STALL_SECONDS: u64 = 2;
/// Changes at a time, while one subscriber does not read.
const BURST: usize = 100;
/// Bursts until the buffers of the one that does not read are full for certain.
const BURSTS: usize = 40;
/// Subscribers beside the one that does not read.
const OTHERS: usize = 20;

const HEARD: &[u8] = b"notifications/resources/updated";

/// What was seen.
pub(crate) struct Seen {
    pub(crate) subscribers: usize,
    /// CPU of the server for one delivery, in microseconds.
    pub(crate) cpu: f64,
    /// From the announcement until the last subscriber has heard, median.
    pub(crate) all_heard: Duration,
    /// Memory for each subscriber, in KiB.
    pub(crate) memory: f64,
    /// The longest that the others waited for a burst while one did not read.
    pub(crate) longest: Duration,
    /// Whether the one that did not read lost its connection.
    pub(crate) dropped: bool,
}

pub(crate) async fn measure(stage: &Stage, subscribers: usize, updates: usize) -> anyhow::Result<Seen> {
    let server = stage.http(Who::Ours, &["--streams", "2048"]).await?;
    let idle = server.memory()?;
    let mut open = Vec::new();
    for _ in 0..subscribers {
        open.push(subscribe(&server, RESOURCE).await?);
    }
    let memory = (server.memory()? - idle) * 1024.0 / subscribers as f64;
    let mut connection = Connection::open(&server.address).await?;
    update(&server, &mut connection, &mut open, RESOURCE, 1).await?;
    let before = server.cpu()?;
    let mut times = Vec::new();
    for _ in 0..updates {
        times.push(update(&server, &mut connection, &mut open, RESOURCE, 1).await?.as_secs_f64());
    }
    let cpu = server.cpu()?.saturating_sub(before).as_secs_f64() * 1e6 / (updates * subscribers) as f64;
    drop(open);
    server.end().await?;
    let (longest, dropped) = stalled(stage).await?;
    let all_heard = Duration::from_secs_f64(super::median(times));
    Ok(Seen { subscribers, cpu, all_heard, memory, longest, dropped })
}

async fn subscribe(server: &Process, resource: &str) -> anyhow::Result<Connection> {
    let mut connection = Connection::open(&server.address).await?;
    let mut message = call::listen(resource).request(&server.address, None);
    connection.begin(message.next(), b"notifications/subscriptions/acknowledged").await?;
    Ok(connection)
}

/// Announces changes, and waits until all have heard of each.
async fn update(
    server: &Process,
    connection: &mut Connection,
    open: &mut [Connection],
    resource: &str,
    changes: usize,
) -> anyhow::Result<Duration> {
    let start = Instant::now();
    for _ in 0..changes {
        announce(server, connection, resource).await?;
    }
    try_join_all(open.iter_mut().map(|subscriber| subscriber.hear(HEARD, changes))).await?;
    Ok(start.elapsed())
}

async fn announce(server: &Process, connection: &mut Connection, resource: &str) -> anyhow::Result<()> {
    let (host, length) = (&server.address, resource.len());
    let request = format!("POST /announce HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n\r\n{resource}");
    let reply = connection.exchange(request.as_bytes()).await?;
    ensure!(reply.status == 200, "cannot announce: {}", connection.last_text());
    Ok(())
}

/// One subscriber never reads: how long do the others wait, and what becomes of it?
async fn stalled(stage: &Stage) -> anyhow::Result<(Duration, bool)> {
    let server = stage.http(Who::Ours, &["--stall-seconds", &STALL_SECONDS.to_string()]).await?;
    // A long name fills the buffers of the one that does not read sooner.
    let resource = format!("bench://{}", "x".repeat(2000));
    let mut lazy = deaf(&server.address, &resource).await?;
    let mut open = Vec::new();
    for _ in 0..OTHERS {
        open.push(subscribe(&server, &resource).await?);
    }
    let mut connection = Connection::open(&server.address).await?;
    let mut longest = Duration::ZERO;
    for _ in 0..BURSTS {
        longest = longest.max(update(&server, &mut connection, &mut open, &resource, BURST).await?);
    }
    tokio::time::sleep(Duration::from_secs(STALL_SECONDS + 1)).await;
    let dropped = timeout(PATIENCE, ends(&mut lazy)).await.unwrap_or(false);
    server.end().await?;
    Ok((longest, dropped))
}

/// Subscribes, and reads no more. Its own buffer is as small as the system allows.
async fn deaf(address: &str, resource: &str) -> anyhow::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    let mut stream = timeout(PATIENCE, socket.connect(address.parse()?)).await.context("no connection in time")??;
    stream.write_all(call::listen(resource).request(address, None).next()).await?;
    Ok(stream)
}

/// Reads what is left, and whether the server has closed the connection after it.
async fn ends(stream: &mut TcpStream) -> bool {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match timeout(Duration::from_secs(1), stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => return true,
            Ok(Ok(_)) => {}
            Err(_) => return false,
        }
    }
}
