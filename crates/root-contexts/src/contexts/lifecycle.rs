//! Contexts begin, are shared, rest, come back, and end.

use super::{
    Contexts,
    error::ContextError,
    handle,
    metadata::{self, Change},
    model::{Access, ContextInfo},
    store::contexts::{archive_idle, delete, find, insert, set_archived, share},
};

impl Contexts {
    /// Makes a context of the caller's own.
    ///
    /// # Errors
    /// The caller has too many; secrets without a key.
    pub async fn create(
        &self,
        principal: &str,
        name: &str,
        compact_after: u32,
        change: Change,
    ) -> Result<ContextInfo, ContextError> {
        let (asking, name) = (self.asking(principal), name.to_owned());
        let (keys, limits) = (self.keys.clone(), self.limits.clone());
        self.store
            .write(move |transaction| {
                let id = handle::random();
                insert(transaction, &asking, &id, &name, compact_after, &limits)?;
                let context = find(transaction, &asking, &id)?;
                metadata::apply(transaction, &context, &change, &keys, &limits)?;
                Ok(context.info())
            })
            .await
    }

    /// Archives a context, or restores it.
    ///
    /// # Errors
    /// The caller may not write to it.
    pub async fn set_archived(
        &self,
        principal: &str,
        id: &str,
        archived: bool,
    ) -> Result<(ContextInfo, bool), ContextError> {
        self.write(principal, id, Access::Writer, move |transaction, context, asking| {
            let changes = context.archived_ms.is_some() != archived;
            if changes {
                set_archived(transaction, &context.id, archived, asking.now)?;
            }
            Ok((find(transaction, asking, &context.id)?.info(), changes))
        })
        .await
    }

    /// Lets somebody in as a reader or writer, or out, and returns whom it is shared with.
    ///
    /// # Errors
    /// The caller is not the owner, or it is shared with too many.
    pub async fn share(
        &self,
        principal: &str,
        id: &str,
        with: &str,
        access: Option<Access>,
    ) -> Result<Vec<(String, Access)>, ContextError> {
        let (with, limits) = (with.to_owned(), self.limits.clone());
        self.write(principal, id, Access::Owner, move |transaction, context, _| {
            share(transaction, &context.id, &with, access, &limits)
        })
        .await
    }

    /// Deletes a context with everything in it.
    ///
    /// # Errors
    /// The caller is not the owner.
    pub async fn delete(&self, principal: &str, id: &str) -> Result<ContextInfo, ContextError> {
        let deleted = self.write(principal, id, Access::Owner, |transaction, context, _| {
            delete(transaction, &context.id)?;
            Ok(context.info())
        });
        let deleted = deleted.await?;
        self.store.checkpoint().await;
        Ok(deleted)
    }

    /// Writes down which contexts have been idle for long enough, at most `most`, and returns their handles.
    ///
    /// # Errors
    /// The store fails.
    pub async fn archive_idle(&self, most: u32) -> Result<Vec<String>, ContextError> {
        let (now, idle_ms) = (self.clock.now(), self.limits.idle_ms);
        self.store.write(move |transaction| archive_idle(transaction, now, idle_ms, most)).await
    }
}
