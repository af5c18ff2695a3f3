//! Rows of metadata: values that readers see, and ciphertexts.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};

use crate::contexts::{Limits, error::ContextError};

/// A value that readers see, or a ciphertext.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::contexts) enum Field {
    Plain(String),
    Secret(Vec<u8>),
}

/// All metadata of a context, by name.
pub(in crate::contexts) fn all(
    transaction: &Transaction<'_>,
    id: &str,
) -> Result<BTreeMap<String, Field>, ContextError> {
    let mut statement =
        transaction.prepare_cached("SELECT field, value, secret FROM metadata WHERE context_id = ?1")?;
    let rows = statement.query_map([id], |row| {
        let (value, secret): (Option<String>, Option<Vec<u8>>) = (row.get(1)?, row.get(2)?);
        Ok((row.get(0)?, value.map_or_else(|| Field::Secret(secret.unwrap_or_default()), Field::Plain)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Sets one field.
pub(in crate::contexts) fn set(
    transaction: &Transaction<'_>,
    id: &str,
    name: &str,
    field: &Field,
) -> Result<(), ContextError> {
    let (value, secret) = match field {
        Field::Plain(value) => (Some(value), None),
        Field::Secret(secret) => (None, Some(secret)),
    };
    transaction.execute(
        "INSERT INTO metadata (context_id, field, value, secret) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET value = excluded.value, secret = excluded.secret",
        params![id, name, value, secret],
    )?;
    Ok(())
}

/// Removes one field, there or not.
pub(in crate::contexts) fn remove(transaction: &Transaction<'_>, id: &str, name: &str) -> Result<(), ContextError> {
    transaction.execute("DELETE FROM metadata WHERE context_id = ?1 AND field = ?2", params![id, name])?;
    Ok(())
}

/// Refuses more fields than there may be. Run it last: a failed transaction leaves nothing behind.
pub(in crate::contexts) fn check_room(
    transaction: &Transaction<'_>,
    id: &str,
    limits: &Limits,
) -> Result<(), ContextError> {
    let sql = "SELECT count(*) FROM metadata WHERE context_id = ?1";
    let fields: u32 = transaction.query_row(sql, [id], |row| row.get(0))?;
    if fields > limits.fields_per_context {
        return Err(ContextError::Quota {
            what: format!("a context may have {} metadata fields, not {fields}", limits.fields_per_context),
            hint: "remove fields with update_context_metadata first",
        });
    }
    Ok(())
}

/// Counts a change of the metadata, which is use.
pub(in crate::contexts) fn next_version(transaction: &Transaction<'_>, id: &str, now: i64) -> Result<(), ContextError> {
    let sql = "UPDATE contexts SET version = version + 1, used_ms = max(used_ms, ?2) WHERE id = ?1";
    transaction.execute(sql, params![id, now])?;
    Ok(())
}

/// Values of a field in the contexts that a principal may see, for completion.
pub(in crate::contexts) fn values(
    transaction: &Transaction<'_>,
    principal: &str,
    field: &str,
    most: u32,
) -> Result<Vec<String>, ContextError> {
    let mut statement = transaction.prepare_cached(
        "SELECT DISTINCT value FROM metadata
         WHERE context_id IN (SELECT id FROM contexts WHERE owner = ?1
                              UNION ALL SELECT context_id FROM access WHERE principal = ?1)
               AND field = ?2 AND value IS NOT NULL
         ORDER BY value LIMIT ?3",
    )?;
    let rows = statement.query_map(params![principal, field, most], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
