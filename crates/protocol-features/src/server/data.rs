//! (2) A database that can be read by anybody and changed by nobody who has not been asked.

use mcp_support::{
    ask::{Ask, form},
    changes::Change,
};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{common::schema_for_output, tool::IntoCallToolResult, wrapper::Parameters},
    model::{CallToolResponse, CallToolResult, ElicitationAction},
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};

use super::{
    ProtocolFeatures,
    answer::{answer, length, within},
};
use crate::{
    database::query::{MAX_SQL_BYTES, Table},
    error::Refusal,
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct QueryDatabase {
    /// One SELECT over orders(id, user_id, product_id, quantity, ordered_on), products(id, name, price_cents),
    /// records(id, title, note) and users(id, name, city, joined).
    #[schemars(length(min = 1, max = 10_000))]
    sql: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConfirmDelete {
    /// Number of the record, as in `db://tables/records/rows/{id}`.
    #[schemars(range(min = 1, max = 1_000_000))]
    record_id: i64,
}

/// The form that a person fills in.
#[derive(Debug, Deserialize, JsonSchema)]
struct Confirmation {
    /// Delete it for good.
    #[schemars(title = "Yes, delete it")]
    confirm: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Deletion {
    /// Number of the record.
    record_id: i64,
    /// Whether it was deleted.
    deleted: bool,
    /// What the person did: accept, decline or cancel.
    action: ElicitationAction,
}

#[tool_router(router = data_tools, vis = "pub(super)")]
impl ProtocolFeatures {
    /// Answers one SELECT over the sample database with typed rows, at most 500; use it for any question about its data.
    #[tool(
        title = "Query the database",
        annotations(
            title = "Query the database",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Table>()
    )]
    async fn query_database(
        &self,
        Parameters(arguments): Parameters<QueryDatabase>,
    ) -> Result<CallToolResult, Refusal> {
        length("sql", &arguments.sql, 1, MAX_SQL_BYTES)?;
        let table = self.shared.database.query(arguments.sql).await?;
        let mut text = table.columns.join(" | ");
        for row in table.rows.iter().take(20) {
            let cells: Vec<String> =
                row.iter().map(|cell| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned)).collect();
            text.push_str(&format!("\n{}", cells.join(" | ")));
        }
        if table.rows.len() > 20 || table.truncated {
            let more = if table.truncated { ", and more were left off" } else { "" };
            text.push_str(&format!("\n({} rows{more})", table.rows.len()));
        }
        answer(text, &table)
    }

    /// Deletes a record for good, after the person in front of the client has confirmed it in a form.
    #[tool(
        title = "Delete a record",
        annotations(
            title = "Delete a record",
            read_only_hint = false,
            destructive_hint = true,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Deletion>()
    )]
    async fn confirm_delete(
        &self,
        Parameters(arguments): Parameters<ConfirmDelete>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let record_id = arguments.record_id;
        let title = match self.title_of_record(record_id).await {
            Ok(title) => title,
            Err(refusal) => return refusal.into_call_tool_result(),
        };
        let mut ask = Ask::new(&self.shared.sealer, &context, "tools/call confirm_delete", &arguments)?;
        let Some(title) = title else {
            let refusal = Refusal::argument(
                format!("there is no record {record_id}"),
                "db://tables/records/rows/{id} can be completed: it names the records that there are",
            );
            return refusal.into_call_tool_result();
        };
        let message = format!("Delete record {record_id}, \"{title}\"? This cannot be undone.");
        let form = form::<Confirmation>(message).map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let Some(reply) = ask.question("confirm", form).await? else {
            return Ok(ask.needs_input()?.into());
        };
        let confirmed = reply.content.and_then(|content| serde_json::from_value::<Confirmation>(content).ok());
        let confirmed = reply.action == ElicitationAction::Accept && confirmed.is_some_and(|form| form.confirm);
        // One answer to one question: what was declined cannot be sent again as accepted, nor a deletion twice.
        ask.spend()?;
        match self.delete(record_id, confirmed, reply.action).await {
            Ok(result) => Ok(result.into()),
            Err(refusal) => refusal.into_call_tool_result(),
        }
    }
}

impl ProtocolFeatures {
    async fn title_of_record(&self, record_id: i64) -> Result<Option<String>, Refusal> {
        within("record_id", record_id, 1, 1_000_000)?;
        let row = self.shared.database.row("records", record_id).await?;
        Ok(row.map(|row| row["title"].as_str().unwrap_or_default().to_owned()))
    }

    async fn delete(
        &self,
        record_id: i64,
        confirmed: bool,
        action: ElicitationAction,
    ) -> Result<CallToolResult, Refusal> {
        let deleted = confirmed && self.shared.database.delete_record(record_id).await?;
        if deleted {
            self.shared.changes.announce(Change::Updated(format!("db://tables/records/rows/{record_id}").into()));
        }
        let text = match (deleted, confirmed) {
            (true, _) => format!("record {record_id} is deleted"),
            (false, true) => format!("record {record_id} was deleted by somebody else meanwhile"),
            (false, false) => format!("record {record_id} stays: the person did not confirm"),
        };
        answer(text, &Deletion { record_id, deleted, action })
    }
}
