//! The store in Redis, or in whatever speaks its protocol.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use redis::{
    Cmd, FromRedisValue, Pipeline, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use secrecy::{ExposeSecret, SecretString};

use super::{COMMAND_DEADLINE, Store, StoreError};

/// One connection that carries all commands of a node, and comes back by itself.
#[derive(Clone)]
pub struct Redis {
    connection: ConnectionManager,
    rest: Rest,
}

impl Redis {
    /// Connects at the first command. A store that is not there yet is no reason not to start.
    ///
    /// # Errors
    /// The URL is none of Redis.
    pub fn open(url: &SecretString) -> Result<Self, StoreError> {
        // The error could name the URL, which may hold a password.
        let unusable =
            |_| StoreError::Refused("the URL is not redis://HOST:PORT or redis://USER:PASSWORD@HOST:PORT".to_owned());
        let client = redis::Client::open(url.expose_secret()).map_err(unusable)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(50))
            .set_max_delay(Duration::from_millis(250))
            .set_connection_timeout(Some(COMMAND_DEADLINE))
            .set_response_timeout(Some(COMMAND_DEADLINE));
        let connection = ConnectionManager::new_lazy_with_config(client, config).map_err(unusable)?;
        Ok(Self { connection, rest: Rest::default() })
    }

    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        let mut connection = self.connection.clone();
        self.rest.around(command.query_async(&mut connection)).await
    }

    /// Carries out all of the commands or none.
    async fn together<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, StoreError> {
        let mut connection = self.connection.clone();
        self.rest.around(commands.query_async(&mut connection)).await
    }
}

/// After a failure, commands fail at once for a moment: a store that is gone should not cost every call its deadline.
#[derive(Clone, Default)]
struct Rest(Arc<Mutex<Option<Instant>>>);

/// How long the moment is.
const REST: Duration = Duration::from_millis(250);

impl Rest {
    async fn around<T>(&self, asking: impl Future<Output = Result<T, RedisError>>) -> Result<T, StoreError> {
        {
            let mut until = self.until();
            if let Some(end) = *until {
                if Instant::now() < end {
                    return Err(StoreError::Unavailable);
                }
                // This one tries, and until it knows, the others do not. Should it be dropped, somebody else tries later.
                *until = Some(Instant::now() + 2 * COMMAND_DEADLINE);
            }
        }
        let answer = within(asking).await;
        let is_gone = matches!(answer, Err(StoreError::Unavailable));
        *self.until() = is_gone.then(|| Instant::now() + REST);
        answer
    }

    fn until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The driver has deadlines for connecting and for answers; this one is for both together.
async fn within<T>(asking: impl Future<Output = Result<T, RedisError>>) -> Result<T, StoreError> {
    match tokio::time::timeout(2 * COMMAND_DEADLINE, asking).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) if is_full(&error) => Err(StoreError::Full),
        Ok(Err(error)) if is_refusal(&error) => Err(StoreError::Refused(error.to_string())),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the store did not answer");
            Err(StoreError::Unavailable)
        }
        Err(_) => Err(StoreError::Unavailable),
    }
}

/// There is no room, for a command or for one of those that belong together.
fn is_full(error: &RedisError) -> bool {
    error.code() == Some("OOM") || error.code() == Some("EXECABORT") || error.to_string().contains("OOM command")
}

/// The store has answered, and will answer the same again. One that is loading, or is no longer the master, will not.
fn is_refusal(error: &RedisError) -> bool {
    let transient = ["LOADING", "READONLY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "BUSY"];
    !error.is_io_error() && !error.code().is_some_and(|code| transient.contains(&code))
}

fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1)
}

#[async_trait]
impl Store for Redis {
    async fn get(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.ask(&Cmd::get(key)).await
    }

    async fn set(&self, key: &str, value: &str, ttl: Duration) -> Result<(), StoreError> {
        self.ask(redis::cmd("SET").arg(key).arg(value).arg("PX").arg(millis(ttl))).await
    }

    async fn set_new(&self, key: &str, value: &str, ttl: Duration) -> Result<bool, StoreError> {
        let mut command = redis::cmd("SET");
        command.arg(key).arg(value).arg("PX").arg(millis(ttl)).arg("NX");
        let written: Option<String> = self.ask(&command).await?;
        Ok(written.is_some())
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.ask(&Cmd::del(key)).await
    }

    async fn increment(&self, key: &str, ttl: Duration) -> Result<u64, StoreError> {
        let mut commands = redis::pipe();
        commands.atomic().cmd("INCR").arg(key).cmd("PEXPIRE").arg(key).arg(millis(ttl)).ignore();
        let (next,): (u64,) = self.together(&commands).await?;
        Ok(next)
    }

    async fn add_field(&self, key: &str, field: &str, value: &str, ttl: Duration) -> Result<bool, StoreError> {
        let mut commands = redis::pipe();
        commands.atomic().cmd("HSETNX").arg(key).arg(field).arg(value);
        commands.cmd("PEXPIRE").arg(key).arg(millis(ttl)).ignore();
        let (added,): (bool,) = self.together(&commands).await?;
        Ok(added)
    }

    async fn field(&self, key: &str, field: &str) -> Result<Option<String>, StoreError> {
        self.ask(&Cmd::hget(key, field)).await
    }

    async fn fields(&self, key: &str) -> Result<Vec<(String, String)>, StoreError> {
        self.ask(&Cmd::hgetall(key)).await
    }

    async fn remove_field(&self, key: &str, field: &str) -> Result<(), StoreError> {
        self.ask(&Cmd::hdel(key, field)).await
    }

    fn kind(&self) -> &'static str {
        "redis"
    }
}
