//! The stand-in for Redis: the few commands that a cluster uses, over Redis' own protocol (RESP2), from memory.
//!
//! Production: the stand-in keeps nothing when it ends. Point `REDIS_URL` at a Redis with `appendfsync always`.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use clap::Args;
use mcp_support::{cli::UsageError, shutdown};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, BufWriter},
    net::{TcpListener, TcpStream},
    sync::{Mutex, Semaphore},
    task::JoinSet,
};

use super::{Keyspace, Store, StoreError};

const MAX_CONNECTIONS: usize = 256;
const MAX_PARTS: usize = 8;
/// Of a command, and of all commands of a transaction.
const MAX_BYTES: usize = 1024 * 1024;
const MAX_QUEUED: usize = 8;
/// A client that is in the middle of a command, or takes no byte of an answer, for this long is cut off.
const STALL: Duration = Duration::from_secs(10);

/// Flags of the stand-in.
#[derive(Debug, Clone, Args)]
pub struct StoreArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "SCALING_STORE_BIND", default_value = "127.0.0.1:6379", value_name = "ADDRESS:PORT")]
    pub bind: SocketAddr,
}

/// Runs the stand-in until SIGINT or SIGTERM.
///
/// # Errors
/// The address is not this machine's own, or cannot be listened on.
pub async fn run(args: &StoreArgs) -> anyhow::Result<()> {
    if !args.bind.ip().is_loopback() {
        let text = format!("the stand-in knows no passwords: {} is not a loopback address", args.bind.ip());
        return Err(UsageError(text).into());
    }
    let listener = TcpListener::bind(args.bind).await.with_context(|| format!("cannot listen on {}", args.bind))?;
    eprintln!("listening on redis://{}", listener.local_addr()?);
    Ok(serve(listener, shutdown::signal()).await?)
}

/// Serves a keyspace until `end` completes.
///
/// # Errors
/// `end` has failed, or no connection can be accepted any more.
pub async fn serve(listener: TcpListener, end: impl Future<Output = std::io::Result<()>>) -> std::io::Result<()> {
    let shared = Arc::new(Shared { keyspace: Keyspace::default(), turn: Mutex::new(()) });
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut clients = JoinSet::new();
    let mut end = std::pin::pin!(end);
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return Ok(()) };
        let (stream, _) = tokio::select! {
            ended = &mut end => return ended,
            accepted = listener.accept() => accepted?,
        };
        let shared = shared.clone();
        clients.spawn(async move {
            let _place = place;
            if let Err(error) = shared.client(stream).await {
                tracing::debug!(%error, "a client of the store has gone");
            }
        });
        while clients.try_join_next().is_some() {}
    }
}

struct Shared {
    keyspace: Keyspace,
    /// Held for one command, or for all commands of a transaction.
    turn: Mutex<()>,
}

enum Reply {
    Status(&'static str),
    Error(String),
    Integer(u64),
    Text(Option<String>),
    Many(Vec<Reply>),
}

impl From<StoreError> for Reply {
    fn from(error: StoreError) -> Self {
        Self::Error(match error {
            StoreError::Refused(text) => text,
            StoreError::Full => "OOM the store holds as much as it may".to_owned(),
            StoreError::Unavailable => "ERR unavailable".to_owned(),
        })
    }
}

impl Shared {
    async fn client(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let (read, write) = stream.into_split();
        let (mut read, mut write) = (BufReader::new(read), BufWriter::new(write));
        // There is room for only so many, and one that never says anything is no client.
        within(read.fill_buf()).await?;
        let mut queued: Option<Vec<Vec<String>>> = None;
        while let Some(command) = read_command(&mut read).await? {
            let name = command.first().map(|name| name.to_ascii_uppercase()).unwrap_or_default();
            let reply = match (name.as_str(), queued.take()) {
                ("MULTI", None) => {
                    queued = Some(Vec::new());
                    Reply::Status("OK")
                }
                ("DISCARD", Some(_)) => Reply::Status("OK"),
                ("EXEC", Some(commands)) => {
                    let _turn = self.turn.lock().await;
                    let mut replies = Vec::with_capacity(commands.len());
                    for command in &commands {
                        replies.push(self.carry_out(command).await);
                    }
                    Reply::Many(replies)
                }
                (_, Some(mut commands)) if has_room(&commands, &command) => {
                    commands.push(command);
                    queued = Some(commands);
                    Reply::Status("QUEUED")
                }
                (_, Some(_)) => Reply::Error("ERR the transaction is too large".to_owned()),
                (_, None) => {
                    let _turn = self.turn.lock().await;
                    self.carry_out(&command).await
                }
            };
            write_reply(&mut write, &reply).await?;
            if read.buffer().is_empty() {
                within(write.flush()).await?;
            }
        }
        Ok(())
    }

    async fn carry_out(&self, command: &[String]) -> Reply {
        self.answer(command).await.unwrap_or_else(Reply::from)
    }

    async fn answer(&self, command: &[String]) -> Result<Reply, StoreError> {
        let parts: Vec<&str> = command.iter().map(String::as_str).collect();
        let Some((name, rest)) = parts.split_first() else { return Ok(unknown("")) };
        let keys = &self.keyspace;
        Ok(match (name.to_ascii_uppercase().as_str(), rest) {
            ("PING", []) => Reply::Status("PONG"),
            ("CLIENT" | "SELECT", _) => Reply::Status("OK"),
            ("GET", [key]) => Reply::Text(keys.get(key).await?),
            ("SET", [key, value, px, ttl]) if px.eq_ignore_ascii_case("PX") => {
                keys.set(key, value, millis(ttl)?).await?;
                Reply::Status("OK")
            }
            ("SET", [key, value, px, ttl, nx]) if px.eq_ignore_ascii_case("PX") && nx.eq_ignore_ascii_case("NX") => {
                if keys.set_new(key, value, millis(ttl)?).await? {
                    Reply::Status("OK")
                } else {
                    Reply::Text(None)
                }
            }
            ("DEL", [key]) => {
                keys.delete(key).await?;
                Reply::Integer(1)
            }
            ("INCR", [key]) => Reply::Integer(keys.count(key)?),
            ("PEXPIRE", [key, ttl]) => Reply::Integer(keys.expire(key, millis(ttl)?).into()),
            ("HSETNX", [key, field, value]) => Reply::Integer(keys.add(key, field, value)?.into()),
            ("HGET", [key, field]) => Reply::Text(keys.field(key, field).await?),
            ("HGETALL", [key]) => {
                let fields = keys.fields(key).await?.into_iter();
                Reply::Many(
                    fields.flat_map(|(name, value)| [name, value]).map(|text| Reply::Text(Some(text))).collect(),
                )
            }
            ("HDEL", [key, field]) => {
                keys.remove_field(key, field).await?;
                Reply::Integer(1)
            }
            (name, _) => unknown(name),
        })
    }
}

fn has_room(commands: &[Vec<String>], command: &[String]) -> bool {
    let bytes: usize = commands.iter().flatten().chain(command).map(String::len).sum();
    commands.len() < MAX_QUEUED && bytes <= MAX_BYTES
}

fn unknown(name: &str) -> Reply {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    Reply::Error(format!("ERR the stand-in does not know {name} with these arguments"))
}

fn millis(text: &str) -> Result<Duration, StoreError> {
    // A year is more than anything here is kept for, and far from what an instant cannot hold.
    let millis = text.parse::<u64>().ok().filter(|millis| (1..=366 * 24 * 3_600_000).contains(millis));
    millis.map(Duration::from_millis).ok_or_else(|| StoreError::Refused("ERR invalid expire time".to_owned()))
}

async fn within<T>(doing: impl Future<Output = std::io::Result<T>>) -> std::io::Result<T> {
    tokio::time::timeout(STALL, doing).await.map_err(std::io::Error::from)?
}

/// The parts of the next command; none where the client has closed the connection between two.
async fn read_command(stream: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Option<Vec<String>>> {
    // Between two commands a client may be silent for as long as it likes.
    if stream.fill_buf().await?.is_empty() {
        return Ok(None);
    }
    let read = async {
        let count = number(stream, b'*', MAX_PARTS).await?;
        let mut parts = Vec::with_capacity(count);
        let mut room = MAX_BYTES;
        for _ in 0..count {
            let length = number(stream, b'$', room).await?;
            room -= length;
            let mut part = vec![0; length + 2];
            stream.read_exact(&mut part).await?;
            part.truncate(length);
            parts.push(String::from_utf8(part).map_err(|_| broken("text that is not UTF-8"))?);
        }
        Ok(Some(parts))
    };
    within(read).await
}

async fn number(stream: &mut (impl AsyncBufRead + Unpin), mark: u8, most: usize) -> std::io::Result<usize> {
    let mut line = Vec::new();
    stream.take(16).read_until(b'\n', &mut line).await?;
    let digits = line.strip_prefix(&[mark]).and_then(|line| line.strip_suffix(b"\r\n"));
    let number = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<usize>().ok());
    number
        .filter(|number| *number <= most)
        .ok_or_else(|| broken("no number where one belongs, or one that is too large"))
}

fn broken(what: &'static str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, what)
}

async fn write_reply(stream: &mut (impl AsyncWrite + Unpin), reply: &Reply) -> std::io::Result<()> {
    let mut text = String::new();
    encode(reply, &mut text);
    within(stream.write_all(text.as_bytes())).await
}

fn encode(reply: &Reply, text: &mut String) {
    match reply {
        Reply::Status(status) => *text += &format!("+{status}\r\n"),
        Reply::Error(error) => *text += &format!("-{}\r\n", error.replace(['\r', '\n'], " ")),
        Reply::Integer(number) => *text += &format!(":{number}\r\n"),
        Reply::Text(None) => *text += "$-1\r\n",
        Reply::Text(Some(value)) => *text += &format!("${}\r\n{value}\r\n", value.len()),
        Reply::Many(replies) => {
            *text += &format!("*{}\r\n", replies.len());
            replies.iter().for_each(|reply| encode(reply, text));
        }
    }
}
