//! Contexts that a caller may see, and messages in them.

use super::{
    Contexts,
    error::ContextError,
    model::{ContextInfo, State},
    store::{
        contexts::{After, Listed, page},
        metadata,
        search::{Hit, Wanted, search, words},
    },
};

/// Contexts that are looked through for a completion.
const LOOKED_AT: u32 = 1000;

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// The contexts, the newest first.
    pub contexts: Vec<ContextInfo>,
    /// Where the next page begins, if there is one.
    pub next: Option<(i64, String)>,
}

/// What to search for.
#[derive(Debug, Clone)]
pub struct SearchFor {
    /// Words, all of which a message has to hold.
    pub query: String,
    /// One context only.
    pub context_id: Option<String>,
    /// Archived contexts too.
    pub archived: bool,
    /// Hits that are returned.
    pub most: usize,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The words that were searched for.
    pub words: Vec<String>,
    /// The best hits, the best first.
    pub hits: Vec<Hit>,
    /// Messages that fit, of the newest 200.
    pub matches: usize,
}

impl Contexts {
    /// A page of the contexts that the caller may see, after the place where the last one ended.
    ///
    /// # Errors
    /// The store fails.
    pub async fn list(
        &self,
        principal: &str,
        state: Option<State>,
        only_own: bool,
        after: Option<(i64, String)>,
        most: u32,
    ) -> Result<Page, ContextError> {
        let asking = self.asking(principal);
        let after: After = after.unwrap_or((i64::MAX, String::new()));
        self.store
            .read(move |transaction| {
                // One more than wanted tells whether there is a next page.
                let mut found = page(transaction, &asking, Listed { state, only_own }, &after, most.saturating_add(1))?;
                let has_more = found.len() > most as usize;
                found.truncate(most as usize);
                let last = found.last().map(|last| (last.created_ms, last.id.clone()));
                Ok(Page {
                    next: last.filter(|_| has_more),
                    contexts: found.into_iter().map(|stored| stored.info()).collect(),
                })
            })
            .await
    }

    /// Searches the messages that the caller may read.
    ///
    /// # Errors
    /// There is no such context, where one is named.
    pub async fn search(&self, principal: &str, wanted: SearchFor) -> Result<Found, ContextError> {
        if let Some(id) = &wanted.context_id {
            // What cannot be seen does not exist; without this, it would merely hold nothing.
            self.read(principal, id, |_, _| Ok(())).await?;
        }
        let asking = self.asking(principal);
        let SearchFor { query, context_id, archived, most } = wanted;
        let words = words(&query);
        if words.is_empty() {
            return Ok(Found { words, hits: Vec::new(), matches: 0 });
        }
        self.store
            .read(move |transaction| {
                let wanted = Wanted { words, context_id, archived, most };
                let (hits, matches) = search(transaction, &asking, &wanted)?;
                Ok(Found { words: wanted.words, hits, matches })
            })
            .await
    }

    /// Handles that begin with a text, or whose contexts' names hold it; for completion.
    ///
    /// # Errors
    /// The store fails.
    pub async fn handles(&self, principal: &str, text: &str) -> Result<Vec<String>, ContextError> {
        let wanted = text.to_lowercase();
        let page = self.list(principal, None, false, None, LOOKED_AT).await?;
        let fits = |context: &ContextInfo| {
            context.context_id.starts_with(&wanted) || context.name.to_lowercase().contains(&wanted)
        };
        Ok(page.contexts.into_iter().filter(fits).map(|context| context.context_id).collect())
    }

    /// Values of a metadata field in the contexts that the caller may see; for completion. Secrets are not among them.
    ///
    /// # Errors
    /// The store fails.
    pub async fn values(&self, principal: &str, field: &'static str) -> Result<Vec<String>, ContextError> {
        let principal = principal.to_owned();
        self.store.read(move |transaction| metadata::values(transaction, &principal, field, LOOKED_AT)).await
    }
}
