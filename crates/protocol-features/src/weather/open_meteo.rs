//! The forecast of one day from Open-Meteo (<https://open-meteo.com/en/docs>), or a server that speaks as it does.

use chrono::NaiveDate;
use reqwest::{
    StatusCode,
    header::{ACCEPT, HeaderMap, HeaderValue},
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::City;
use crate::upstream::{Bounds, Upstream, UpstreamError};

const DAILY: &str = "temperature_2m_max,temperature_2m_min,precipitation_sum,weather_code";

/// A day's forecast; the day is that of UTC. What the provider does not know is missing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// Highest temperature 2 m above the ground, °C.
    pub temperature_max: Option<f64>,
    /// Lowest temperature 2 m above the ground, °C.
    pub temperature_min: Option<f64>,
    /// Rain, showers and snow, as mm of water.
    pub precipitation: Option<f64>,
    /// The weather in words.
    pub weather: Option<&'static str>,
    /// Who made it.
    pub made_by: String,
}

/// What the provider says about a day.
#[derive(Debug)]
pub(super) enum Answer {
    Forecast(Forecast),
    /// There is none for this day: its own words, which may be empty, and its host.
    Refused {
        host: String,
        words: String,
    },
}

/// The provider.
#[derive(Debug)]
pub(super) struct OpenMeteo(Upstream);

/// The part of an answer that is used. Each list has one entry for each day.
#[derive(Debug, Deserialize)]
struct Wire {
    daily: Daily,
}

#[derive(Debug, Deserialize)]
struct Daily {
    time: Vec<String>,
    temperature_2m_max: Vec<Option<f64>>,
    temperature_2m_min: Vec<Option<f64>>,
    precipitation_sum: Vec<Option<f64>>,
    weather_code: Vec<Option<f64>>,
}

impl OpenMeteo {
    pub(super) fn new(base_url: &Url, bounds: Bounds) -> Result<Self, UpstreamError> {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        Ok(Self(Upstream::new(base_url, headers, None, bounds)?))
    }

    pub(super) async fn forecast(&self, city: &City, date: NaiveDate) -> Result<Answer, UpstreamError> {
        let (latitude, longitude, day) = (city.latitude.to_string(), city.longitude.to_string(), date.to_string());
        let query = [
            ("latitude", latitude.as_str()),
            ("longitude", &longitude),
            ("daily", DAILY),
            ("timezone", "UTC"),
            ("start_date", &day),
            ("end_date", &day),
        ];
        let reply = self.0.get(&["v1", "forecast"], &query).await?;
        if reply.status == StatusCode::BAD_REQUEST {
            // All else in the request is known to be right, so it is the day that it has nothing for.
            return Ok(Answer::Refused { host: self.0.host().to_owned(), words: self.0.words(&reply) });
        }
        if !reply.status.is_success() {
            return Err(self.0.refused(&reply));
        }
        let Wire { daily } = self.0.json(&reply)?;
        if daily.time != [day.as_str()] {
            return Err(self.0.unreadable(&format!("it is not about {day}")));
        }
        let first = |values: &[Option<f64>]| values.first().copied().flatten();
        Ok(Answer::Forecast(Forecast {
            temperature_max: first(&daily.temperature_2m_max),
            temperature_min: first(&daily.temperature_2m_min),
            precipitation: first(&daily.precipitation_sum),
            weather: first(&daily.weather_code).map(weather),
            made_by: format!("forecast by Open-Meteo.com (CC BY 4.0), asked at {}", self.0.host()),
        }))
    }
}

/// WMO code 4677 as Open-Meteo uses it. It is a number without fraction, but JSON does not say so.
fn weather(code: f64) -> &'static str {
    match code.round() as i64 {
        0 => "clear sky",
        1 => "mainly clear",
        2 => "partly cloudy",
        3 => "overcast",
        45 | 48 => "fog",
        51 | 53 | 55 => "drizzle",
        56 | 57 => "freezing drizzle",
        61 => "slight rain",
        63 => "moderate rain",
        65 => "heavy rain",
        66 | 67 => "freezing rain",
        71 => "slight snow fall",
        73 => "moderate snow fall",
        75 => "heavy snow fall",
        77 => "snow grains",
        80..=82 => "rain showers",
        85 | 86 => "snow showers",
        95 => "thunderstorm",
        96 | 99 => "thunderstorm with hail",
        _ => "weather without a name",
    }
}
