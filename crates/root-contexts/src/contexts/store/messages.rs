//! Rows of messages and insights.

use rusqlite::{Row, Transaction, params};

use super::contexts::{Asking, Stored};
use crate::contexts::{
    Limits,
    compaction::{Compaction, Condensed},
    error::ContextError,
    insights::{Insight, key},
    model::{Message, Role, timestamp},
    summary::Said,
};

/// A message as it is stored.
pub(in crate::contexts) struct StoredMessage {
    pub(in crate::contexts) said: Said,
    added_ms: i64,
    added_by: String,
}

impl StoredMessage {
    /// For callers.
    pub(in crate::contexts) fn message(self) -> Message {
        Message {
            position: self.said.position,
            role: self.said.role,
            content: self.said.content,
            added_at: timestamp(self.added_ms),
            added_by: self.added_by,
            covers: self.said.condensed.as_ref().map(Condensed::covers),
        }
    }
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredMessage> {
    let (role, condensed): (String, Option<String>) = (row.get("role")?, row.get("condensed")?);
    let condensed = condensed.map(|json| serde_json::from_str(&json)).transpose();
    Ok(StoredMessage {
        said: Said {
            position: row.get("position")?,
            role: Role::of(&role).ok_or(rusqlite::Error::InvalidQuery)?,
            content: row.get("content")?,
            condensed: condensed.map_err(|_| rusqlite::Error::InvalidQuery)?,
        },
        added_ms: row.get("added_ms")?,
        added_by: row.get("added_by")?,
    })
}

/// Messages from a position on, in order.
pub(in crate::contexts) fn from_position(
    transaction: &Transaction<'_>,
    id: &str,
    first: u32,
    most: u32,
) -> Result<Vec<StoredMessage>, ContextError> {
    let mut statement = transaction.prepare_cached(
        "SELECT position, role, content, condensed, added_ms, added_by FROM messages
         WHERE context_id = ?1 AND position >= ?2 ORDER BY position LIMIT ?3",
    )?;
    let rows = statement.query_map(params![id, first, most], stored)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest messages, in order.
pub(in crate::contexts) fn newest(
    transaction: &Transaction<'_>,
    id: &str,
    most: u32,
) -> Result<Vec<StoredMessage>, ContextError> {
    let mut statement = transaction.prepare_cached(
        "SELECT position, role, content, condensed, added_ms, added_by FROM messages
         WHERE context_id = ?1 ORDER BY position DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![id, most], stored)?;
    let mut newest: Vec<StoredMessage> = rows.collect::<Result<_, _>>()?;
    newest.reverse();
    Ok(newest)
}

/// All insights of a context, in the order of their messages.
pub(in crate::contexts) fn insights(transaction: &Transaction<'_>, id: &str) -> Result<Vec<Insight>, ContextError> {
    let mut statement = transaction.prepare_cached(
        "SELECT position, role, kind, text FROM insights WHERE context_id = ?1 ORDER BY position, rowid",
    )?;
    let rows = statement.query_map([id], |row| {
        let (role, kind): (String, String) = (row.get(1)?, row.get(2)?);
        Ok(Insight {
            position: row.get(0)?,
            role: Role::of(&role).ok_or(rusqlite::Error::InvalidQuery)?,
            kind: serde_json::from_value(kind.into()).map_err(|_| rusqlite::Error::InvalidQuery)?,
            text: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Appends a message at the next position, and returns the insights that are new to the context, with how many more
/// there was no room for.
pub(in crate::contexts) fn append(
    transaction: &Transaction<'_>,
    context: &Stored,
    asking: &Asking,
    role: Role,
    content: &str,
    insights: Vec<Insight>,
    limits: &Limits,
) -> Result<(Vec<Insight>, u32), ContextError> {
    let bytes = u32::try_from(content.len()).unwrap_or(u32::MAX);
    if context.messages >= limits.messages_per_context {
        return Err(ContextError::Quota {
            what: format!("the context holds {} messages, the most that it may hold", context.messages),
            hint: "begin another context with create_context, or one with a smaller compact_after",
        });
    }
    if context.bytes.saturating_add(bytes) > limits.bytes_per_context {
        return Err(ContextError::Quota {
            what: format!(
                "the context holds {} of {} bytes, and the message has {bytes}",
                context.bytes, limits.bytes_per_context
            ),
            hint: "begin another context with create_context, or send less",
        });
    }
    insert(transaction, &context.id, context.next_position, role, content, asking, None)?;
    transaction.execute(
        "UPDATE contexts SET next_position = next_position + 1, messages = messages + 1, bytes = bytes + ?2,
                             used_ms = max(used_ms, ?3) WHERE id = ?1",
        params![context.id, bytes, asking.now],
    )?;
    let sql = "SELECT count(*) FROM insights WHERE context_id = ?1";
    let mut count: u32 = transaction.query_row(sql, [&context.id], |row| row.get(0))?;
    let mut known = transaction.prepare_cached("SELECT 1 FROM insights WHERE context_id = ?1 AND key = ?2")?;
    let (mut new, mut left_out) = (Vec::new(), 0);
    for mut insight in insights {
        let key = key(&insight.text);
        if known.exists(params![context.id, key])? {
            continue;
        }
        // The message is worth more than what was marked in it.
        if count >= limits.insights_per_context {
            left_out += 1;
            continue;
        }
        count += 1;
        insight.position = context.next_position;
        let kind = serde_json::to_value(insight.kind).map_err(|error| ContextError::Store(error.to_string()))?;
        transaction.execute(
            "INSERT INTO insights (context_id, key, position, role, kind, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![context.id, key, insight.position, role.name(), kind.as_str(), insight.text],
        )?;
        new.push(insight);
    }
    Ok((new, left_out))
}

/// Puts one message in place of those that it stands for; false where they are no longer what they were, because
/// somebody else has condensed them meanwhile.
pub(in crate::contexts) fn replace(
    transaction: &Transaction<'_>,
    id: &str,
    compaction: &Compaction,
    asking: &Asking,
) -> Result<bool, ContextError> {
    let last = compaction.condensed.last_position;
    let sql = "SELECT position FROM messages WHERE context_id = ?1 AND position <= ?2 ORDER BY position";
    let mut statement = transaction.prepare_cached(sql)?;
    let there: Vec<u32> = statement.query_map(params![id, last], |row| row.get(0))?.collect::<Result<_, _>>()?;
    if there != compaction.replaced {
        return Ok(false);
    }
    transaction.execute("DELETE FROM messages WHERE context_id = ?1 AND position <= ?2", params![id, last])?;
    let condensed =
        serde_json::to_string(&compaction.condensed).map_err(|error| ContextError::Store(error.to_string()))?;
    insert(transaction, id, last, Role::System, &compaction.content, asking, Some(&condensed))?;
    transaction.execute(
        "UPDATE contexts SET (messages, bytes) =
             (SELECT count(*), coalesce(sum(octet_length(content)), 0) FROM messages WHERE context_id = ?1)
         WHERE id = ?1",
        [id],
    )?;
    Ok(true)
}

fn insert(
    transaction: &Transaction<'_>,
    id: &str,
    position: u32,
    role: Role,
    content: &str,
    asking: &Asking,
    condensed: Option<&str>,
) -> Result<(), ContextError> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO messages (context_id, position, role, content, added_ms, added_by, condensed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    statement.execute(params![id, position, role.name(), content, asking.now, asking.principal, condensed])?;
    Ok(())
}
