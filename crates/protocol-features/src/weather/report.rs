//! A report, for programs and for people.

use std::fmt;

use chrono::NaiveDate;
use serde::Serialize;

use super::{City, Forecast, Moon, Sun, SunDay, open_meteo::Answer};

/// A day at a place. Each part says what made it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The place.
    pub city: City,
    /// The day, `YYYY-MM-DD`.
    pub date: String,
    /// The Sun's day.
    pub sun: Sun,
    /// The Moon.
    pub moon: Moon,
    /// The forecast, if a provider is set and has one.
    pub forecast: Option<Forecast>,
    /// Why there is no forecast.
    pub no_forecast_because: Option<String>,
}

impl Report {
    pub(super) fn new(city: &City, date: NaiveDate, answer: Option<Answer>) -> Self {
        let (forecast, no_forecast_because) = match answer {
            Some(Answer::Forecast(forecast)) => (Some(forecast), None),
            Some(Answer::Refused { host, words }) => {
                let words = if words.is_empty() { "it gave no reason" } else { &words };
                (None, Some(format!("{host} has none for this day: {words}")))
            }
            None => (None, Some("a forecast needs a provider, and none is set (WEATHER_BASE_URL)".to_owned())),
        };
        Self {
            city: *city,
            date: date.to_string(),
            sun: Sun::over(city.latitude, city.longitude, date),
            moon: Moon::on(city.longitude, date),
            forecast,
            no_forecast_because,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let City { name, country, latitude, longitude, .. } = self.city;
        writeln!(f, "{name} ({country}, latitude {latitude}, longitude {longitude}) on {}", self.date)?;
        write!(f, "Sun: ")?;
        match (&self.sun.day, &self.sun.sunrise, &self.sun.sunset) {
            (SunDay::RisesAndSets, Some(sunrise), Some(sunset)) => {
                let (hours, minutes) = (self.sun.day_length_minutes / 60, self.sun.day_length_minutes % 60);
                write!(f, "rises {sunrise}, sets {sunset}, day length {hours} h {minutes} min")?;
            }
            (SunDay::PolarDay, ..) => write!(f, "does not set (polar day)")?,
            _ => write!(f, "does not rise (polar night)")?,
        }
        writeln!(f, "; highest {}; {}", self.sun.solar_noon, self.sun.made_by)?;
        write!(f, "Moon: {}", self.moon.phase.name())?;
        if let Some(instant) = &self.moon.phase_at {
            write!(f, " at {instant}")?;
        }
        let percent = (self.moon.illuminated_fraction * 100.0).round();
        writeln!(f, ", {percent} % lit at noon; {}", self.moon.made_by)?;
        match (&self.forecast, &self.no_forecast_because) {
            (Some(forecast), _) => write!(f, "Forecast: {forecast}"),
            (None, reason) => write!(f, "Forecast: none: {}", reason.as_deref().unwrap_or_default()),
        }
    }
}

impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.weather.unwrap_or("weather unknown"))?;
        for (what, value, unit) in [
            ("at least", self.temperature_min, "°C"),
            ("at most", self.temperature_max, "°C"),
            ("precipitation", self.precipitation, "mm"),
        ] {
            match value {
                Some(value) => write!(f, ", {what} {value} {unit}")?,
                None => write!(f, ", {what} unknown")?,
            }
        }
        write!(f, "; {}", self.made_by)
    }
}
