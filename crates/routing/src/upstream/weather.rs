//! Forecasts. There is no weather service on a bare machine, so they come from a small model: the mean temperature of the
//! latitude and the season, and noise that is always the same for the same place and day.

use std::sync::Arc;

use mcp_support::{
    progress::Progress,
    refusal::{Refusal, answer, quoted, within},
    schema,
};
use rmcp::{
    RoleServer,
    handler::server::{common::schema_for_output, router::tool::ToolRouter, wrapper::Parameters},
    model::CallToolResult,
    service::RequestContext,
    tool, tool_router,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{About, Small, handler};

/// Places that are known: name and latitude in degrees.
const PLACES: [(&str, f64); 10] = [
    ("berlin", 52.5),
    ("cairo", 30.0),
    ("lima", -12.0),
    ("london", 51.5),
    ("new york", 40.7),
    ("oslo", 59.9),
    ("paris", 48.9),
    ("singapore", 1.3),
    ("sydney", -33.9),
    ("tokyo", 35.7),
];

#[derive(Clone)]
pub(super) struct Weather {
    about: About,
    tools: Arc<ToolRouter<Self>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ForecastArguments {
    /// A city: berlin, cairo, lima, london, new york, oslo, paris, singapore, sydney or tokyo.
    #[schemars(length(min = 1, max = 60))]
    city: String,
    /// Day of the year of the first day, from 1 to 366.
    #[schemars(range(min = 1, max = 366))]
    day: u16,
    /// Days to forecast; 1 when absent.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 14))]
    days: u16,
    /// Where the caller is; the gateway routes by it.
    #[serde(default)]
    #[schemars(with = "String", extend("x-mcp-header" = "Region", "enum" = ["us", "eu", "asia"]))]
    #[expect(dead_code, reason = "read by gateways, from the header")]
    region: Option<String>,
}

fn one() -> u16 {
    1
}

#[derive(Debug, Serialize, JsonSchema)]
struct Forecast {
    /// The city.
    city: String,
    /// Mean temperature of each day in degrees Celsius.
    celsius: Vec<f64>,
    /// Chance of rain of each day, from 0 to 1; absent before version 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    rain: Option<Vec<f64>>,
    /// Which server has answered.
    served_by: String,
    /// What made these numbers.
    source: &'static str,
}

#[tool_router]
impl Weather {
    pub(super) fn new(about: About) -> Self {
        Self { about, tools: Arc::new(schema::portable(Self::tool_router())) }
    }

    /// Forecasts the weather of a city for up to 14 days; the figures come from a small climate model, not from a service.
    #[tool(
        title = "Get a forecast",
        annotations(
            title = "Get a forecast",
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        ),
        output_schema = schema_for_output::<Forecast>()
    )]
    async fn get_forecast(
        &self,
        Parameters(arguments): Parameters<ForecastArguments>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, Refusal> {
        let ForecastArguments { city, day, days, .. } = arguments;
        let (day, days) = (within("day", day, 1, 366)?, within("days", days, 1, 14)?);
        let name = city.trim().to_lowercase();
        let Some((name, latitude)) = PLACES.iter().find(|(known, _)| *known == name) else {
            let known = PLACES.map(|(name, _)| name).join(", ");
            return Err(Refusal::argument(format!("no city {}", quoted(&city)), format!("use one of: {known}")));
        };
        let progress = Progress::new(&context);
        let (mut celsius, mut rain) = (Vec::new(), Vec::new());
        for ahead in 0..days {
            let (temperature, chance) = model(name, *latitude, day + ahead);
            celsius.push(temperature);
            rain.push(chance);
            if ahead > 0 {
                self.about.think().await;
            }
            progress.report(f64::from(ahead + 1), f64::from(days), format!("day {} of {days}", ahead + 1)).await;
        }
        let shown: Vec<String> = celsius.iter().map(|celsius| format!("{celsius:.1} °C")).collect();
        let text = format!("{name}: {}", shown.join(", "));
        let served_by = format!("{} {}", self.about.region.name(), self.about.version);
        let rain = self.about.is_second().then_some(rain);
        answer(text, &Forecast { city: (*name).to_owned(), celsius, rain, served_by, source: "a small climate model" })
    }
}

/// Degrees Celsius and chance of rain. At sea level the yearly mean falls from 27 °C at the equator to -20 °C at the poles;
/// the season moves it by up to a quarter of a degree for each degree of latitude, warmest in July in the north.
fn model(city: &str, latitude: f64, day: u16) -> (f64, f64) {
    let mean = 27.0 - 47.0 * latitude.to_radians().sin().powi(2);
    let season = (f64::from(day) - 201.0) / 365.25 * std::f64::consts::TAU;
    let digest = Sha256::digest(format!("{city} {day}"));
    let noise = |at: usize| f64::from(digest[at]) / 255.0;
    let celsius = mean + 0.25 * latitude * season.cos() + (noise(0) - 0.5) * 8.0;
    ((celsius * 10.0).round() / 10.0, (noise(1) * 100.0).round() / 100.0)
}

impl Small for Weather {
    fn about(&self) -> &About {
        &self.about
    }

    fn tools(&self) -> &ToolRouter<Self> {
        &self.tools
    }
}

handler!(Weather);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summers_are_warmer_and_the_same_day_is_always_the_same() {
        let mean = |city, latitude, days: std::ops::Range<u16>| {
            let count = f64::from(days.end - days.start);
            days.map(|day| model(city, latitude, day).0).sum::<f64>() / count
        };
        assert!(mean("oslo", 59.9, 180..210) > mean("oslo", 59.9, 1..30) + 15.0);
        assert!(mean("sydney", -33.9, 1..30) > mean("sydney", -33.9, 180..210) + 8.0, "the south");
        assert!(mean("singapore", 1.3, 1..366) > 20.0);
        assert_eq!(model("oslo", 59.9, 7), model("oslo", 59.9, 7));
    }
}
