//! (8) The task that keeps a node: it opens the connection, again and again, and follows what the node has.

use std::{sync::Arc, time::Duration};

use rand::RngExt;
use tokio::time::{Instant, MissedTickBehavior};

use super::Node;
use crate::gateway::{
    Gateway,
    config::GatewaySettings,
    connection::Connection,
    following::GATHER,
    lists::{list, probe},
    watching::{Lists, News, Watching},
};

/// Time to start a server and to greet it.
const OPENING: Duration = Duration::from_secs(30);
/// The wait before a connection is opened again; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const MOST_WAIT: Duration = Duration::from_secs(10);

impl Node {
    /// Keeps the node connected for as long as the task lives.
    pub(in crate::gateway) async fn keep(self: Arc<Self>, settings: GatewaySettings, gateway: Gateway) {
        let mut wait = FIRST_WAIT;
        loop {
            let began = Instant::now();
            let why = match self.serve(&settings, &gateway).await {
                Ok(()) => "the connection was closed".to_owned(),
                Err(error) => format!("{error:#}"),
            };
            {
                let mut inner = self.lock();
                inner.connection = None;
                inner.stats.last_error = Some(why.chars().filter(|letter| !letter.is_control()).take(200).collect());
            }
            let said = gateway.programs().last_words(&self.settings.id);
            tracing::info!(node = self.settings.id, why, said, "a node was lost");
            gateway.has_changed();
            // A node that lived for a while is opened again at once.
            wait = if began.elapsed() > MOST_WAIT { FIRST_WAIT } else { (wait * 2).min(MOST_WAIT) };
            let jittered = wait.mul_f64(rand::rng().random_range(0.5..1.0));
            tokio::time::sleep(jittered).await;
        }
    }

    fn probed(&self, answered: bool) {
        let now = self.now();
        let mut inner = self.lock();
        if answered { inner.breaker.succeeded(now) } else { inner.breaker.failed(now) }
    }

    /// From the opening of a connection to its end.
    async fn serve(&self, settings: &GatewaySettings, gateway: &Gateway) -> anyhow::Result<()> {
        let news = Arc::new(News::default());
        let opening = Connection::open(&self.settings, Arc::clone(&news), gateway.programs());
        let connection = Arc::new(tokio::time::timeout(OPENING, opening).await??);
        let offered = Arc::new(list(&connection, gateway.id()).await?);
        {
            let mut inner = self.lock();
            inner.offered = offered;
            inner.connection = Some(Arc::clone(&connection));
            inner.stats.connections += 1;
        }
        tracing::info!(node = self.settings.id, revision = %connection.revision, "a node is connected");
        gateway.has_changed();
        let mut probes = tokio::time::interval(settings.probe());
        probes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        probes.reset();
        let (mut missed, mut watching, mut wanted) = (0, Watching::default(), gateway.wanted());
        gateway.follow_at(self, &connection, (&mut watching, &news), &mut wanted).await;
        while !connection.is_closed() {
            tokio::select! {
                () = watching.listened(&news) => {}
                () = wanted.changed() => {
                    // Many may subscribe at a time.
                    tokio::time::sleep(GATHER).await;
                    gateway.follow_at(self, &connection, (&mut watching, &news), &mut wanted).await;
                }
                (lists, updated) = news.next() => {
                    gateway.updated(self, updated.iter().filter(|uri| watching.has(uri)));
                    if lists != Lists::default() {
                        self.lock().offered = Arc::new(list(&connection, gateway.id()).await?);
                        gateway.have_changed(lists);
                    }
                }
                _ = probes.tick() => {
                    let answered = probe(&connection).await;
                    self.probed(answered);
                    missed = if answered { 0 } else { missed + 1 };
                    if watching.is_over(&connection) {
                        gateway.follow_at(self, &connection, (&mut watching, &news), &mut wanted).await;
                    }
                    anyhow::ensure!(missed < 3, "three probes in a row were not answered");
                }
            }
        }
        Ok(())
    }
}
