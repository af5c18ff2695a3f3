//! (7) A tool with everything that a tool can have, and the switches for what can be there or not.

use mcp_support::{changes::Change, serve::principal};
use rand::RngExt;
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, wrapper::Parameters},
    model::{CallToolResult, ContentBlock, Icon, Resource, ResourceContents},
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};

use super::{
    ProtocolFeatures,
    answer::{answer, within},
};
use crate::{error::Refusal, features::Feature, search::Counted};

/// Address of the status as a resource.
pub(super) const STATUS: &str = "status://server";
/// The tool that can be switched on.
pub(super) const DICE: &str = "roll_dice";

/// A little gauge, as an SVG in a data URI: nothing has to be fetched to show it.
pub(super) fn icon() -> Icon {
    // Spec(2025-11-25 and 2026-07-28, schema): an icon's source is a URI, in which there are no spaces.
    const SVG: &str = "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2048%2048'%3E\
                       %3Cpath%20d='M6%2034a18%2018%200%201%201%2036%200'%20fill='none'%20stroke='%231d4ed8'\
                       %20stroke-width='6'/%3E%3Cpath%20d='M24%2034%2034%2018'%20stroke='%231f2937'\
                       %20stroke-width='4'/%3E%3C/svg%3E";
    Icon::new(SVG).with_mime_type("image/svg+xml").with_sizes(vec!["any".to_owned()])
}

/// How the server is.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Status {
    /// Its version.
    version: &'static str,
    /// Seconds since it was started.
    uptime_seconds: u64,
    /// The searches of `long_running_search`.
    searches: Counted,
    /// Files in the folder of downloads, unfinished ones included.
    downloads: usize,
    /// Rows of each table of the sample database.
    rows: std::collections::BTreeMap<&'static str, u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SetFeature {
    /// What to switch: the tool `roll_dice`, the prompt `plan_day`, or the resource `feature://tip`.
    name: Feature,
    /// On or off.
    enabled: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Switched {
    /// What was switched.
    name: Feature,
    /// How it is now.
    enabled: bool,
    /// Whether that is another state than before.
    changed: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RollDice {
    /// Sides of each die; 6 when absent.
    #[schemars(range(min = 2, max = 100))]
    sides: Option<u32>,
    /// How many dice; 1 when absent.
    #[schemars(range(min = 1, max = 20))]
    dice: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Rolled {
    /// What each die shows.
    dice: Vec<u32>,
    /// Their sum.
    sum: u32,
}

#[tool_router(router = status_tools, vis = "pub(super)")]
impl ProtocolFeatures {
    /// Says how the server is: as text, as structure, as an embedded resource, and as a link to read it again.
    #[tool(
        title = "Render the status",
        annotations(
            title = "Render the status",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        icons = vec![icon()],
        output_schema = schema_for_output::<Status>()
    )]
    async fn render_status(&self) -> Result<CallToolResult, Refusal> {
        let status = self.status().await?;
        let text = format!("version {}, up for {} s", status.version, status.uptime_seconds);
        let mut result = answer(text, &status)?;
        let page = ResourceContents::text(status.page(), STATUS).with_mime_type("text/markdown");
        result.content.push(ContentBlock::resource(page));
        let link = Resource::new(STATUS, "status")
            .with_title("Status of this server")
            .with_mime_type("text/markdown")
            .with_icons(vec![icon()]);
        result.content.push(ContentBlock::resource_link(link));
        Ok(result)
    }

    /// Switches a tool, a prompt or a resource of this server on or off for the caller; the lists change, and say so.
    #[tool(
        title = "Set a feature",
        annotations(
            title = "Set a feature",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Switched>()
    )]
    async fn set_feature(
        &self,
        Parameters(SetFeature { name, enabled }): Parameters<SetFeature>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let changed = self.shared.features.set(&principal(&context), name, enabled);
        if changed {
            self.shared.changes.announce(match name {
                Feature::Dice => Change::Tools,
                Feature::PlanDay => Change::Prompts,
                Feature::Tip => Change::Resources,
            });
        }
        let state = if enabled { "on" } else { "off" };
        let text = format!("{name:?} is {state}{}", if changed { "" } else { ", as it was" });
        answer(text, &Switched { name, enabled, changed })
    }

    /// Rolls dice; there only while the feature dice is on.
    #[tool(
        title = "Roll dice",
        annotations(
            title = "Roll dice",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Rolled>()
    )]
    async fn roll_dice(&self, Parameters(arguments): Parameters<RollDice>) -> Result<CallToolResult, Refusal> {
        let sides = within("sides", arguments.sides.unwrap_or(6), 2, 100)?;
        let count = within("dice", arguments.dice.unwrap_or(1), 1, 20)?;
        let dice: Vec<u32> = (0..count).map(|_| rand::rng().random_range(1..=sides)).collect();
        let rolled = Rolled { sum: dice.iter().sum(), dice };
        answer(format!("{:?}, {} in all", rolled.dice, rolled.sum), &rolled)
    }
}

impl ProtocolFeatures {
    pub(super) async fn status(&self) -> Result<Status, Refusal> {
        Ok(Status {
            version: env!("CARGO_PKG_VERSION"),
            uptime_seconds: self.shared.started.elapsed().as_secs(),
            searches: self.shared.searches.read(),
            downloads: self.shared.downloads.count(),
            rows: self.shared.database.counts().await?.into_iter().collect(),
        })
    }
}

impl Status {
    /// As Markdown.
    pub(super) fn page(&self) -> String {
        let Counted { open, finished, abandoned } = self.searches;
        let rows: Vec<String> = self.rows.iter().map(|(table, rows)| format!("{rows} {table}")).collect();
        format!(
            "# Status\n\n- version {}, up for {} s\n- searches: {open} open, {finished} finished, {abandoned} abandoned\n\
             - downloads: {}\n- sample data: {}\n",
            self.version,
            self.uptime_seconds,
            self.downloads,
            rows.join(", ")
        )
    }
}
