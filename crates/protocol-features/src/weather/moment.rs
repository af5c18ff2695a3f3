//! An instant, in two ways of telling the time that need no table of time zones.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

/// An instant at a place, to the minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// In UTC, such as `2026-06-21T03:43Z`. Its date may be the day before or after that of the place.
    pub utc: String,
    /// `HH:MM` of local mean solar time: UTC plus four minutes for each degree east. A clock shows the time of its
    /// zone instead, which is set by law.
    pub local_mean_solar_time: String,
}

impl Moment {
    /// The moment of a Julian day, in UTC, at a longitude in degrees.
    pub(super) fn at(julian_day: f64, longitude: f64) -> Self {
        let utc = instant(julian_day);
        let local = instant(julian_day + longitude / 360.0);
        Self {
            utc: utc.format("%Y-%m-%dT%H:%MZ").to_string(),
            local_mean_solar_time: local.format("%H:%M").to_string(),
        }
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} local mean solar time)", self.utc, self.local_mean_solar_time)
    }
}

fn instant(julian_day: f64) -> DateTime<Utc> {
    // The epoch of Unix is the Julian day 2440587.5. Days of the allowed range are far from every limit.
    let minutes = ((julian_day - 2_440_587.5) * 1440.0).round() as i64;
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_times_are_told() {
        for (day, longitude, utc, local) in [
            (2_451_545.0, 0.0, "2000-01-01T12:00Z", "12:00"),
            (2_451_545.0, 139.692, "2000-01-01T12:00Z", "21:19"),
            (2_451_545.0, -180.0, "2000-01-01T12:00Z", "00:00"),
            // Rounded to the minute, and over into the next year.
            (2415020.4998, 15.0, "1900-01-01T00:00Z", "01:00"),
        ] {
            let moment = Moment::at(day, longitude);
            assert_eq!((moment.utc.as_str(), moment.local_mean_solar_time.as_str()), (utc, local));
        }
    }
}
