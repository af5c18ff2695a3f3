//! A day at a place: what can be computed here, and a forecast where a provider is set.
//!
//! Sunrise, sunset and the Moon follow from the place and the date alone, so that they are right without any network.
//! A forecast cannot be computed: it comes from [Open-Meteo](https://open-meteo.com/en/docs), or is missing.

mod cities;
mod date;
mod error;
mod moment;
mod moon;
mod open_meteo;
mod report;
mod sun;

use std::time::Duration;

use url::Url;

pub use cities::{City, cities};
pub use date::{FIRST_DAY, LAST_DAY};
pub use error::WeatherError;
pub use moment::Moment;
pub use moon::{Moon, MoonPhase};
pub use open_meteo::Forecast;
pub use report::Report;
pub use sun::{Sun, SunDay};

use crate::upstream::Bounds;
use open_meteo::OpenMeteo;

/// A forecast of one day is less than 1 KiB long.
const BOUNDS: Bounds = Bounds { deadline: Duration::from_secs(10), most_bytes: 64 * 1024 };

/// Reports by city and day.
#[derive(Debug)]
pub struct Weather {
    provider: Option<OpenMeteo>,
}

impl Weather {
    /// Reports with a forecast by the provider at `base_url`, such as `https://api.open-meteo.com/`, or without one.
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// The base URL is neither `https` nor `http` on this machine, or has a user name, a query or a fragment.
    pub fn new(base_url: Option<Url>) -> Result<Self, WeatherError> {
        Self::within(base_url, BOUNDS)
    }

    fn within(base_url: Option<Url>, bounds: Bounds) -> Result<Self, WeatherError> {
        let provider = base_url.map(|base_url| OpenMeteo::new(&base_url, bounds)).transpose()?;
        Ok(Self { provider })
    }

    /// The report for a city, by its slug, and a day, as `YYYY-MM-DD`.
    ///
    /// The day is that of local mean solar time, which a clock at the place differs from by up to some hours. A day
    /// that the provider has no forecast for is no error: the report says so. A provider that fails is one, since a
    /// report without its forecast would look as if there were none.
    ///
    /// # Errors
    /// The city is not known, the date is none or out of range, or the provider failed.
    pub async fn report(&self, city: &str, date: &str) -> Result<Report, WeatherError> {
        let city = cities::find(city)?;
        let date = date::parse(date)?;
        let answer = match &self.provider {
            Some(provider) => Some(provider.forecast(city, date).await?),
            None => None,
        };
        Ok(Report::new(city, date, answer))
    }
}

#[cfg(test)]
mod tests;
