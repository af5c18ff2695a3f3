//! Rows of contexts: who may see them, and in which state they are.

use rusqlite::{OptionalExtension, Row, Transaction, named_params, params};

use crate::contexts::{
    Limits,
    error::ContextError,
    model::{Access, ContextInfo, State, timestamp},
};

/// A context as it is stored, with what the caller may do.
#[derive(Debug, Clone)]
pub(in crate::contexts) struct Stored {
    pub(in crate::contexts) id: String,
    pub(in crate::contexts) name: String,
    pub(in crate::contexts) owner: String,
    pub(in crate::contexts) access: Access,
    pub(in crate::contexts) version: u32,
    pub(in crate::contexts) created_ms: i64,
    pub(in crate::contexts) used_ms: i64,
    /// When it was archived, or when it had been idle for long enough.
    pub(in crate::contexts) archived_ms: Option<i64>,
    pub(in crate::contexts) next_position: u32,
    pub(in crate::contexts) messages: u32,
    pub(in crate::contexts) bytes: u32,
    pub(in crate::contexts) compact_after: u32,
}

/// Who asks, and when.
#[derive(Debug, Clone)]
pub(in crate::contexts) struct Asking {
    pub(in crate::contexts) principal: String,
    pub(in crate::contexts) now: i64,
    pub(in crate::contexts) idle_ms: i64,
}

/// The contexts that a principal may see: own ones, and those that others have shared. Each arm goes through an index
/// of its own, so that what others have costs nothing. One that is idle for long enough counts as archived, whether or
/// not anything has written that down yet.
const VISIBLE: &str = "
    WITH seen AS (
        SELECT *, 'owner' AS access FROM contexts WHERE owner = :principal
        UNION ALL
        SELECT c.*, a.access FROM access a JOIN contexts c ON c.id = a.context_id
        WHERE a.principal = :principal AND c.owner <> :principal
    ), visible AS (
        SELECT id, name, owner, access, version, created_ms, used_ms,
               coalesce(archived_ms, iif(used_ms <= :idle_since, used_ms + :idle_ms, NULL)) AS archived_ms,
               next_position, messages, bytes, compact_after
        FROM seen
    )
    SELECT * FROM visible WHERE";

impl Stored {
    /// Refuses callers who may not do what they want.
    pub(in crate::contexts) fn allow(self, needed: Access) -> Result<Self, ContextError> {
        if self.access >= needed { Ok(self) } else { Err(ContextError::NotAllowed { access: self.access, needed }) }
    }

    /// Refuses changes of what is archived.
    pub(in crate::contexts) fn active(self) -> Result<Self, ContextError> {
        if self.archived_ms.is_none() { Ok(self) } else { Err(ContextError::Archived(self.id)) }
    }

    /// For callers.
    pub(in crate::contexts) fn info(self) -> ContextInfo {
        ContextInfo {
            state: if self.archived_ms.is_some() { State::Archived } else { State::Active },
            created_at: timestamp(self.created_ms),
            last_used_at: timestamp(self.used_ms),
            archived_at: self.archived_ms.map(timestamp),
            context_id: self.id,
            name: self.name,
            owner: self.owner,
            access: self.access,
            version: self.version,
            messages: self.messages,
            bytes: self.bytes,
            next_position: self.next_position,
            compact_after: self.compact_after,
        }
    }
}

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let access: String = row.get("access")?;
    Ok(Stored {
        id: row.get("id")?,
        name: row.get("name")?,
        owner: row.get("owner")?,
        access: Access::of(&access).ok_or(rusqlite::Error::InvalidQuery)?,
        version: row.get("version")?,
        created_ms: row.get("created_ms")?,
        used_ms: row.get("used_ms")?,
        archived_ms: row.get("archived_ms")?,
        next_position: row.get("next_position")?,
        messages: row.get("messages")?,
        bytes: row.get("bytes")?,
        compact_after: row.get("compact_after")?,
    })
}

/// The context with this handle. One query decides whether it exists and whether the caller may see it, so that neither
/// the answer nor the time it takes tells the two apart.
pub(in crate::contexts) fn find(
    transaction: &Transaction<'_>,
    asking: &Asking,
    id: &str,
) -> Result<Stored, ContextError> {
    let mut statement = transaction.prepare_cached(&format!("{VISIBLE} id = :id"))?;
    let found = statement.query_row(
        named_params! {":principal": asking.principal, ":idle_since": asking.now.saturating_sub(asking.idle_ms),
        ":idle_ms": asking.idle_ms, ":id": id},
        stored,
    );
    found.optional()?.ok_or_else(|| ContextError::NotFound(id.to_owned()))
}

/// Where a page of a list begins: after this one.
pub(in crate::contexts) type After = (i64, String);

/// Which contexts a list holds.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::contexts) struct Listed {
    pub(in crate::contexts) state: Option<State>,
    pub(in crate::contexts) only_own: bool,
}

/// A page of the contexts that the caller may see, the newest first.
pub(in crate::contexts) fn page(
    transaction: &Transaction<'_>,
    asking: &Asking,
    listed: Listed,
    after: &After,
    most: u32,
) -> Result<Vec<Stored>, ContextError> {
    let state = match listed.state {
        None => "TRUE",
        Some(State::Active) => "archived_ms IS NULL",
        Some(State::Archived) => "archived_ms IS NOT NULL",
    };
    let sql = format!(
        "{VISIBLE} (created_ms, id) < (:created, :id) AND (NOT :own OR owner = :principal) AND {state}
         ORDER BY created_ms DESC, id DESC LIMIT :most"
    );
    let mut statement = transaction.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {":principal": asking.principal, ":idle_since": asking.now.saturating_sub(asking.idle_ms),
        ":idle_ms": asking.idle_ms, ":created": after.0, ":id": after.1, ":own": listed.only_own,
        ":most": most},
        stored,
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds a context.
pub(in crate::contexts) fn insert(
    transaction: &Transaction<'_>,
    asking: &Asking,
    id: &str,
    name: &str,
    compact_after: u32,
    limits: &Limits,
) -> Result<(), ContextError> {
    let owned: u32 =
        transaction
            .query_row("SELECT count(*) FROM contexts WHERE owner = ?1", [&asking.principal], |row| row.get(0))?;
    if owned >= limits.contexts_per_owner {
        return Err(ContextError::Quota {
            what: format!("you have {owned} contexts, and {} are allowed", limits.contexts_per_owner),
            hint: "delete one that is no longer needed with delete_context",
        });
    }
    transaction.execute(
        "INSERT INTO contexts (id, owner, name, created_ms, used_ms, compact_after) VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
        params![id, asking.principal, name, asking.now, compact_after],
    )?;
    Ok(())
}

/// Archives it or makes it active again; both count as use.
pub(in crate::contexts) fn set_archived(
    transaction: &Transaction<'_>,
    id: &str,
    archived: bool,
    now: i64,
) -> Result<(), ContextError> {
    transaction.execute(
        "UPDATE contexts SET archived_ms = iif(?2, ?3, NULL), used_ms = max(used_ms, ?3) WHERE id = ?1",
        params![id, archived, now],
    )?;
    Ok(())
}

/// Writes down which contexts have been idle for long enough, at most `most`, and returns their handles.
pub(in crate::contexts) fn archive_idle(
    transaction: &Transaction<'_>,
    now: i64,
    idle_ms: i64,
    most: u32,
) -> Result<Vec<String>, ContextError> {
    let mut statement = transaction.prepare_cached(
        "UPDATE contexts SET archived_ms = used_ms + ?2 WHERE id IN (
             SELECT id FROM contexts WHERE archived_ms IS NULL AND used_ms <= ?1 ORDER BY used_ms LIMIT ?3
         ) RETURNING id",
    )?;
    let ids = statement.query_map(params![now.saturating_sub(idle_ms), idle_ms, most], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Lets somebody in, or out.
pub(in crate::contexts) fn share(
    transaction: &Transaction<'_>,
    id: &str,
    principal: &str,
    access: Option<Access>,
    limits: &Limits,
) -> Result<Vec<(String, Access)>, ContextError> {
    match access {
        Some(access) => transaction.execute(
            "INSERT INTO access (context_id, principal, access) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET access = excluded.access",
            params![id, principal, access.name()],
        )?,
        None => transaction
            .execute("DELETE FROM access WHERE context_id = ?1 AND principal = ?2", params![id, principal])?,
    };
    let mut statement =
        transaction.prepare_cached("SELECT principal, access FROM access WHERE context_id = ?1 ORDER BY principal")?;
    let rows = statement.query_map([id], |row| {
        let access: String = row.get(1)?;
        Ok((row.get(0)?, Access::of(&access).ok_or(rusqlite::Error::InvalidQuery)?))
    })?;
    let shared: Vec<(String, Access)> = rows.collect::<Result<_, _>>()?;
    if shared.len() > limits.shares_per_context {
        return Err(ContextError::Quota {
            what: format!("a context can be shared with {} others", limits.shares_per_context),
            hint: "take somebody out with the access none first",
        });
    }
    Ok(shared)
}

/// Deletes it with all that belongs to it.
pub(in crate::contexts) fn delete(transaction: &Transaction<'_>, id: &str) -> Result<(), ContextError> {
    // Not left to the foreign key: a cascade runs the triggers too, and this says so.
    transaction.execute("DELETE FROM messages WHERE context_id = ?1", [id])?;
    transaction.execute("DELETE FROM contexts WHERE id = ?1", [id])?;
    Ok(())
}
