//! The report beside a picture: which words were understood, and which weren't.

use super::prompt::{Reading, Thing};
use super::scene::Scene;
use super::vocabulary::{Kind, Time, Weather};

/// What the painter understood of a prompt.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Understood {
    /// What made the picture: a procedural painter, not a neural network.
    pub made_by: String,
    /// The things that were painted, in the prompt's order.
    pub things: Vec<UnderstoodThing>,
    /// `day`, `sunrise`, `sunset` or `night`; absent for figures without a landscape.
    pub time_of_day: Option<String>,
    /// Rain, snow, fog or overcast, as far as the prompt says.
    pub weather: Vec<String>,
    /// Colour of the background, as the prompt says it.
    pub background: Option<String>,
    /// Words without a meaning to the painter; they only changed the composition, through the seed.
    pub not_understood: Vec<String>,
    /// The seed of the composition; hand it in again for the same picture.
    pub seed: u64,
}

/// One thing of a prompt.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct UnderstoodThing {
    /// The word in the prompt.
    pub word: String,
    /// What it was painted as, such as `circle`, `mountain` or `boat`.
    pub painted_as: String,
    /// How many the prompt asks for (20 at most); absent for a plural without a number, which the painter chooses.
    pub count: Option<u32>,
    /// Its colour, as the prompt says it.
    pub colour: Option<String>,
    /// Factor on the usual size.
    pub size: f64,
    /// Where it was asked for, from the left (0) to the right (1); absent where the painter chose.
    pub across: Option<f64>,
    /// Where it was asked for, from the top (0) to the bottom (1); absent where the painter chose.
    pub down: Option<f64>,
}

impl Understood {
    pub(super) fn new(reading: Reading, scene: &Scene, seed: u64) -> Self {
        let scenery = reading.is_scenery();
        let time = match scene.time {
            Time::Day => "day",
            Time::Sunrise => "sunrise",
            Time::Sunset => "sunset",
            Time::Night => "night",
        };
        let mut weather: Vec<String> = reading.weather.iter().map(|w| weather_name(*w).to_owned()).collect();
        if reading.snowy && !reading.weather.contains(&Weather::Snow) {
            weather.push("snow on the ground".to_owned());
        }
        Self {
            made_by: "procedural painter of mcp-multi-modal (vector scene and rules, no neural network)".to_owned(),
            things: reading.things.into_iter().map(thing).collect(),
            time_of_day: scenery.then(|| time.to_owned()),
            weather,
            background: reading.background.map(|b| b.0),
            not_understood: reading.unknown,
            seed,
        }
    }
}

fn thing(thing: Thing) -> UnderstoodThing {
    let rounded = |part: f32| (f64::from(part) * 1000.0).round() / 1000.0;
    let painted_as = match thing.kind {
        Kind::Shape(shape) => format!("{shape:?}"),
        kind => format!("{kind:?}"),
    };
    UnderstoodThing {
        word: thing.word,
        painted_as: painted_as.to_lowercase(),
        count: thing.count,
        colour: thing.colour.map(|c| c.0),
        size: rounded(thing.size),
        across: thing.place.0.map(rounded),
        down: thing.place.1.map(rounded),
    }
}

fn weather_name(weather: Weather) -> &'static str {
    match weather {
        Weather::Rain => "rain",
        Weather::Snow => "snow",
        Weather::Fog => "fog",
        Weather::Overcast => "overcast",
    }
}

#[cfg(test)]
mod tests {
    use super::super::{prompt, scene};
    use super::*;

    fn understood(text: &str) -> Understood {
        let reading = prompt::read(text);
        let scene = scene::compose(&reading, 64, 48, 1);
        Understood::new(reading, &scene, 1)
    }

    #[test]
    fn the_report_names_what_was_and_what_was_not_understood() {
        let report = understood("three big red circles on the left of a philosophical winter");
        let circle = &report.things[0];
        assert_eq!((circle.painted_as.as_str(), circle.count, circle.size), ("circle", Some(3), 1.4));
        assert_eq!((circle.colour.as_deref(), circle.across), (Some("red"), Some(0.22)));
        assert_eq!(report.not_understood, ["philosophical"]);
        assert_eq!(report.weather, ["snow on the ground"]);
        assert_eq!(report.time_of_day.as_deref(), Some("day"));
    }
}
