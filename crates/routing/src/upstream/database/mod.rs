//! Orders of a small shop, in memory. Adding one is a write that must not happen twice: it takes an idempotency key.
//! Deleting one asks the person first. Both are told to whoever is subscribed to the orders.

mod resources;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use mcp_support::{
    ask::{Ask, Sealer, form},
    changes::Changes,
    refusal::{Refusal, answer, quoted, within},
    schema,
};
use rmcp::{
    ErrorData, RoleServer,
    handler::server::{
        common::schema_for_output, router::tool::ToolRouter, tool::IntoCallToolResult, wrapper::Parameters,
    },
    model::{CallToolResponse, CallToolResult, ElicitationAction, ServerCapabilities},
    service::RequestContext,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Small};

/// Orders that are kept.
const MAX_ORDERS: usize = 10_000;

#[derive(Clone)]
pub(super) struct Database {
    about: About,
    tools: Arc<ToolRouter<Self>>,
    sealer: Arc<Sealer>,
    rows: Arc<Mutex<Rows>>,
    changes: Changes,
}

#[derive(Default)]
struct Rows {
    orders: BTreeMap<u64, Order>,
    /// The order that was made for a key.
    keys: BTreeMap<String, u64>,
    last: u64,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct Order {
    /// Number of the order.
    id: u64,
    /// Who has ordered.
    customer: String,
    /// What.
    item: String,
    /// How many.
    quantity: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListArguments {
    /// Only the orders of this customer.
    #[serde(default)]
    #[schemars(length(max = 60))]
    customer: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AddArguments {
    /// Who orders.
    #[schemars(length(min = 1, max = 60))]
    customer: String,
    /// What.
    #[schemars(length(min = 1, max = 60))]
    item: String,
    /// How many.
    #[schemars(range(min = 1, max = 1000))]
    quantity: u32,
    /// Any text that is the same when the same order is sent again, so that it is taken once.
    #[schemars(length(min = 1, max = 80))]
    idempotency_key: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeleteArguments {
    /// Number of the order.
    id: u64,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Confirmation {
    /// Whether the order shall go for good.
    confirm: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Orders {
    /// By number, at most 100.
    orders: Vec<Order>,
    /// Which server has answered.
    served_by: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Added {
    /// The order.
    order: Order,
    /// Whether it had been taken before, for the same key.
    repeated: bool,
    /// Which server has answered.
    served_by: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Deleted {
    /// Number of the order.
    id: u64,
    /// Whether it has gone.
    deleted: bool,
}

#[tool_router]
impl Database {
    /// A shop without orders, which announces changes of them.
    pub(super) fn new(about: About, changes: Changes) -> Self {
        let tools = Arc::new(schema::portable(Self::tool_router()));
        Self { about, tools, sealer: Arc::new(Sealer::random()), rows: Arc::default(), changes }
    }

    /// Lists orders, of one customer or of all.
    #[tool(
        title = "List orders",
        annotations(
            title = "List orders",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Orders>()
    )]
    fn list_orders(
        &self,
        Parameters(ListArguments { customer }): Parameters<ListArguments>,
    ) -> Result<CallToolResult, Refusal> {
        let is_wanted = |order: &&Order| customer.as_ref().is_none_or(|customer| *customer == order.customer);
        let orders: Vec<Order> = self.with(|rows| rows.orders.values().filter(is_wanted).take(100).cloned().collect());
        let text = format!("{} orders", orders.len());
        answer(text, &Orders { orders, served_by: self.served_by() })
    }

    /// Adds an order; send the same idempotency key when it is sent again, and it is taken once.
    #[tool(
        title = "Add an order",
        annotations(
            title = "Add an order",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Added>()
    )]
    async fn add_order(
        &self,
        Parameters(arguments): Parameters<AddArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let AddArguments { customer, item, quantity, idempotency_key } = arguments;
        for (name, text, most) in
            [("customer", &customer, 60), ("item", &item, 60), ("idempotency_key", &idempotency_key, 80)]
        {
            within(&format!("the length of {name}"), text.chars().count(), 1, most)?;
        }
        within("quantity", quantity, 1, 1000)?;
        let served_by = self.served_by();
        let (order, repeated) = self.with(|rows| {
            if let Some(order) = rows.keys.get(&idempotency_key).and_then(|id| rows.orders.get(id)) {
                return Ok((order.clone(), true));
            }
            if rows.orders.len() >= MAX_ORDERS {
                let text = format!("there are {MAX_ORDERS} orders already");
                return Err(Refusal::argument(text, "delete some with delete_order"));
            }
            rows.last += 1;
            let order = Order { id: rows.last, customer, item, quantity };
            rows.orders.insert(order.id, order.clone());
            rows.keys.insert(idempotency_key, order.id);
            Ok((order, false))
        })?;
        if !repeated {
            self.changed(&context, "taken", order.id).await;
        }
        let text = format!("order {}{}", order.id, if repeated { ", taken before" } else { "" });
        answer(text, &Added { order, repeated, served_by })
    }

    /// Deletes an order for good; the person is asked first.
    #[tool(
        title = "Delete an order",
        annotations(
            title = "Delete an order",
            read_only_hint = false,
            destructive_hint = true,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Deleted>()
    )]
    async fn delete_order(
        &self,
        Parameters(arguments): Parameters<DeleteArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let id = arguments.id;
        let Some(order) = self.with(|rows| rows.orders.get(&id).cloned()) else {
            let unknown = Refusal::argument(format!("no order {id}"), "list_orders shows those that there are");
            return unknown.into_call_tool_result();
        };
        let mut ask = Ask::new(&self.sealer, &context, "tools/call delete_order", &arguments)?;
        let text =
            format!("Delete the order of {} for {} {}?", quoted(&order.customer), order.quantity, quoted(&order.item));
        let form = form::<Confirmation>(text).map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let Some(reply) = ask.question("confirm", form).await? else { return Ok(ask.needs_input()?.into()) };
        ask.spend()?;
        let confirmed = reply.content.and_then(|content| serde_json::from_value::<Confirmation>(content).ok());
        let confirmed = reply.action == ElicitationAction::Accept && confirmed.is_some_and(|form| form.confirm);
        let deleted = confirmed && self.with(|rows| rows.orders.remove(&id).is_some());
        if deleted {
            self.changed(&context, "deleted", id).await;
        }
        let text = if deleted { format!("order {id} is deleted") } else { format!("order {id} stays") };
        answer(text, &Deleted { id, deleted }).map_or_else(Refusal::into_call_tool_result, |result| Ok(result.into()))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Rows) -> T) -> T {
        work(&mut self.rows.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn served_by(&self) -> String {
        format!("{} {}", self.about.region.name(), self.about.version)
    }
}

impl Small for Database {
    fn capabilities(&self) -> ServerCapabilities {
        resources::capabilities()
    }

    fn about(&self) -> &About {
        &self.about
    }

    fn tools(&self) -> &ToolRouter<Self> {
        &self.tools
    }
}
