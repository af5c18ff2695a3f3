//! Many wait for one: callers who need the same thing at the same time share one request, and its failure.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use futures::{
    FutureExt,
    future::{BoxFuture, WeakShared},
};
use secrecy::SecretString;

use super::Key;
use crate::failure::EntraError;

type Flight = BoxFuture<'static, Result<SecretString, EntraError>>;

/// What is under way. Whoever waits keeps it going; with the last one it ends.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<Key, WeakShared<Flight>>>);

impl Flights {
    /// Joins what is under way for this key, or begins it; and whether it was begun.
    pub(super) async fn join(
        &self,
        key: Key,
        begin: impl Future<Output = Result<SecretString, EntraError>> + Send + 'static,
    ) -> (bool, Result<SecretString, EntraError>) {
        let (is_new, flight) = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let known = all.get(&key).and_then(WeakShared::upgrade).filter(|flight| flight.peek().is_none());
            known.map(|flight| (false, flight)).unwrap_or_else(|| {
                // Those that nobody waits for any more: as many entries as callers, and no more.
                all.retain(|_, flight| flight.upgrade().is_some());
                let flight = begin.boxed().shared();
                all.extend(flight.downgrade().map(|weak| (key, weak)));
                (true, flight)
            })
        };
        (is_new, flight.await)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn one_request_for_all_and_another_afterwards() {
        let (flights, asked) = (Arc::new(Flights::default()), Arc::new(AtomicUsize::new(0)));
        let answering = Arc::new(Semaphore::new(0));
        let join = |key: u8| {
            let (flights, asked, answering) = (flights.clone(), asked.clone(), answering.clone());
            async move {
                let ask = async move {
                    asked.fetch_add(1, Ordering::SeqCst);
                    let _ = answering.acquire().await;
                    Ok("token".into())
                };
                flights.join([key; 32], ask).await
            }
        };
        let mut waiting: Vec<_> = (0..50).map(|number| Box::pin(join(number % 2))).collect();
        for one in &mut waiting {
            assert!(futures::poll!(one).is_pending());
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2, "one for each key");
        answering.close();
        assert!(futures::future::join_all(waiting).await.iter().all(|(_, result)| result.is_ok()));
        assert!(matches!(join(0).await, (true, Ok(_))));
        assert_eq!(asked.load(Ordering::SeqCst), 3, "what has landed is not joined");
    }

    #[tokio::test]
    async fn a_caller_who_leaves_does_not_end_it_for_the_others() {
        let flights = Arc::new(Flights::default());
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let first = flights.join([1; 32], async move {
            let _ = receiver.await;
            Ok("token".into())
        });
        let mut first = Box::pin(first);
        assert!(futures::poll!(&mut first).is_pending());
        let second = flights.join([1; 32], async { Err(EntraError::Busy(1)) });
        let mut second = Box::pin(second);
        assert!(futures::poll!(&mut second).is_pending(), "it has joined");
        drop(first);
        let _ = sender.send(());
        assert!(matches!(second.await, (false, Ok(_))));
    }
}
