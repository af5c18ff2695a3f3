//! What is said in a context, and what is left of it when it becomes long.

use std::collections::BTreeMap;

use super::{
    Contexts,
    compaction::compact,
    error::ContextError,
    insights::{Insight, insights},
    metadata::{self, Secrets},
    model::{Access, ContextInfo, Covers, Message, Role},
    store::{contexts::find, messages},
    summary::{Said, Sentence, sentences_of},
};

/// A message was appended.
#[derive(Debug, Clone)]
pub struct Appended {
    /// The context afterwards.
    pub context: ContextInfo,
    /// Position of the message.
    pub position: u32,
    /// Insights that are new to the context.
    pub insights: Vec<Insight>,
    /// How many more there was no room for.
    pub left_out: u32,
    /// What was condensed because of it.
    pub condensed: Option<Covers>,
}

/// A context with what is in it.
#[derive(Debug, Clone)]
pub struct Overview {
    /// The context.
    pub context: ContextInfo,
    /// Metadata that readers see.
    pub metadata: BTreeMap<String, String>,
    /// The rest of it, as far as the caller sees it.
    pub secrets: Secrets,
    /// All insights, in the order of their messages.
    pub insights: Vec<Insight>,
    /// The newest messages, in order.
    pub messages: Vec<Message>,
}

/// All messages of a context.
#[derive(Debug, Clone)]
pub struct Transcript {
    /// The context.
    pub context: ContextInfo,
    /// Its messages, in order.
    pub messages: Vec<Message>,
}

impl Contexts {
    /// Appends a message. When this returns, it is on the disk.
    ///
    /// # Errors
    /// The caller may not write, the context is archived, or there is no room.
    pub async fn append(
        &self,
        principal: &str,
        id: &str,
        role: Role,
        content: &str,
        store_insights: bool,
    ) -> Result<Appended, ContextError> {
        let (content, limits) = (content.to_owned(), self.limits.clone());
        // Before anything is locked: a long text takes a while.
        let reading = tokio::task::spawn_blocking(move || {
            // Which position it gets is decided in the transaction.
            let found = if store_insights { insights(0, role, &content) } else { Vec::new() };
            (content, found)
        });
        let (content, found) = reading.await.map_err(|error| ContextError::Store(error.to_string()))?;
        let appended = self.write(principal, id, Access::Writer, move |transaction, context, asking| {
            let context = context.active()?;
            let (insights, left_out) = messages::append(transaction, &context, asking, role, &content, found, &limits)?;
            let position = context.next_position;
            let context = find(transaction, asking, &context.id)?.info();
            Ok(Appended { context, position, insights, left_out, condensed: None })
        });
        let mut appended = appended.await?;
        if appended.context.messages > appended.context.compact_after {
            // The message is kept, whatever happens here: the next one tries again.
            match self.compact(principal, id).await {
                Ok(Some((context, covers))) => {
                    appended.context = context;
                    appended.condensed = Some(covers);
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "a context was not condensed"),
            }
        }
        Ok(appended)
    }

    /// Condenses older messages. What to keep is worked out beside the database, so that nobody waits for it; if
    /// somebody else has condensed meanwhile, nothing happens.
    async fn compact(&self, principal: &str, id: &str) -> Result<Option<(ContextInfo, Covers)>, ContextError> {
        let reading = self.read(principal, id, |transaction, context| {
            let stored = messages::from_position(transaction, &context.id, 0, u32::MAX)?;
            let said: Vec<Said> = stored.into_iter().map(|stored| stored.said).collect();
            Ok((said, messages::insights(transaction, &context.id)?, context.compact_after))
        });
        let (said, insights, compact_after) = reading.await?;
        let compaction = self.beside(move || compact(&said, &insights, compact_after)).await?;
        let Some(compaction) = compaction else { return Ok(None) };
        self.write(principal, id, Access::Writer, move |transaction, context, asking| {
            if !messages::replace(transaction, &context.id, &compaction, asking)? {
                return Ok(None);
            }
            Ok(Some((find(transaction, asking, &context.id)?.info(), compaction.condensed.covers())))
        })
        .await
    }

    /// A context with its metadata, its insights and its newest messages.
    ///
    /// # Errors
    /// Secrets are for the owner, and need the key that they were encrypted with.
    pub async fn overview(
        &self,
        principal: &str,
        id: &str,
        newest: u32,
        with_secrets: bool,
    ) -> Result<Overview, ContextError> {
        let keys = self.keys.clone();
        self.read(principal, id, move |transaction, context| {
            let (metadata, secrets) = metadata::visible(transaction, &context, &keys, with_secrets)?;
            let newest = messages::newest(transaction, &context.id, newest)?;
            Ok(Overview {
                metadata,
                secrets,
                insights: messages::insights(transaction, &context.id)?,
                messages: newest.into_iter().map(messages::StoredMessage::message).collect(),
                context: context.info(),
            })
        })
        .await
    }

    /// All messages.
    ///
    /// # Errors
    /// The caller may not read it.
    pub async fn transcript(&self, principal: &str, id: &str) -> Result<Transcript, ContextError> {
        self.read(principal, id, |transaction, context| {
            let all = messages::from_position(transaction, &context.id, 0, u32::MAX)?;
            let messages = all.into_iter().map(messages::StoredMessage::message).collect();
            Ok(Transcript { messages, context: context.info() })
        })
        .await
    }

    /// The sentences that a summary can be made of.
    ///
    /// # Errors
    /// The caller may not read it.
    pub async fn sentences(&self, principal: &str, id: &str) -> Result<(ContextInfo, Vec<Sentence>), ContextError> {
        let reading = self.read(principal, id, |transaction, context| {
            let stored = messages::from_position(transaction, &context.id, 0, u32::MAX)?;
            let said: Vec<Said> = stored.into_iter().map(|stored| stored.said).collect();
            Ok((said, messages::insights(transaction, &context.id)?, context.info()))
        });
        let (said, insights, context) = reading.await?;
        let sentences = self.beside(move || sentences_of(&said, &insights)).await?;
        Ok((context, sentences))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::contexts::{Change, Limits, clock::ManualClock, secrets::Keys};

    #[tokio::test]
    async fn a_plan_that_somebody_was_faster_than_does_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(ManualClock::at(0));
        let contexts = Contexts::open(folder.path(), Keys::default(), clock, Limits::default()).expect("opens");
        let id = contexts.create("ann", "x", 10, Change::default()).await.expect("makes one").context_id;
        let append = |number: u32| {
            let (contexts, id) = (contexts.clone(), id.clone());
            async move { contexts.append("ann", &id, Role::User, &format!("Message {number}."), true).await }
        };
        for number in 1..=10 {
            append(number).await.expect("appends");
        }
        // Two plans for the messages as they are now, one of which reaches less far than what happens next.
        let plan = |compact_after| {
            contexts.read("ann", &id, move |transaction, context| {
                let stored = messages::from_position(transaction, &context.id, 0, u32::MAX)?;
                let said: Vec<Said> = stored.into_iter().map(|stored| stored.said).collect();
                Ok(compact(&said, &[], compact_after).expect("more than that"))
            })
        };
        let (short, long) = (plan(9).await.expect("reads"), plan(4).await.expect("reads"));
        assert_eq!((short.condensed.last_position, long.condensed.last_position), (6, 8));
        assert!(append(11).await.expect("appends").condensed.is_some());
        let before = contexts.transcript("ann", &id).await.expect("reads");
        for plan in [short, long] {
            let replacing = contexts.write("ann", &id, Access::Writer, move |transaction, context, asking| {
                messages::replace(transaction, &context.id, &plan, asking)
            });
            assert!(!replacing.await.expect("works"));
        }
        let after = contexts.transcript("ann", &id).await.expect("reads");
        assert_eq!((after.messages, after.context), (before.messages, before.context));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nobody_waits_for_the_summary_of_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(ManualClock::at(0));
        let contexts = Contexts::open(folder.path(), Keys::default(), clock, Limits::default()).expect("opens");
        let long = contexts.create("ann", "long", 1000, Change::default()).await.expect("makes one").context_id;
        let other = contexts.create("ann", "other", 10, Change::default()).await.expect("makes one").context_id;
        for _ in 0..40 {
            contexts.append("ann", &long, Role::User, &"a, b, ".repeat(3000), false).await.expect("appends");
        }
        let began = std::time::Instant::now();
        let many = (0..8).map(|_| {
            let (contexts, long) = (contexts.clone(), long.clone());
            tokio::spawn(async move { contexts.sentences("ann", &long).await.expect("reads").1.len() })
        });
        let many: Vec<_> = many.collect();
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        contexts.overview("ann", &other, 1, false).await.expect("reads");
        let waited = began.elapsed();
        for summary in many {
            assert_eq!(summary.await.expect("ends"), 40);
        }
        let all = began.elapsed();
        assert!(waited < all / 4, "{waited:?} of {all:?}");
    }
}
