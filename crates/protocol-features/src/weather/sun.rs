//! Sunrise, solar noon and sunset by the equations of NOAA's Solar Calculator
//! (<https://gml.noaa.gov/grad/solcalc/calcdetails.html>), which are those of Jean Meeus, *Astronomical Algorithms*,
//! 2nd edition (1998), chapters 25 and 28.
//!
//! NOAA: accurate to a minute between 72° north and south, and to ten minutes outside of that. Around the first and the
//! last day of a polar day or night the Sun grazes the horizon, and minutes mean little.

use chrono::NaiveDate;
use serde::Serialize;

use super::{Moment, date::julian_day};

/// The Sun's zenith distance at sunrise: 90° and 50', for refraction and for the upper edge of its disc.
const ZENITH: f64 = 90.833;

/// What the Sun does in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SunDay {
    /// It rises and sets.
    RisesAndSets,
    /// It does not set.
    PolarDay,
    /// It does not rise.
    PolarNight,
}

/// The Sun's day at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sun {
    /// What it does.
    pub day: SunDay,
    /// When its upper edge appears at a level horizon, if it rises and sets.
    pub sunrise: Option<Moment>,
    /// When it is highest.
    pub solar_noon: Moment,
    /// When its upper edge disappears at a level horizon, if it rises and sets.
    pub sunset: Option<Moment>,
    /// From sunrise to sunset, in minutes: 1440 in a polar day, 0 in a polar night.
    pub day_length_minutes: u32,
    /// By what it was computed.
    pub made_by: &'static str,
}

impl Sun {
    /// The Sun over a place, in degrees, on its day of local mean solar time.
    pub(super) fn over(latitude: f64, longitude: f64, date: NaiveDate) -> Self {
        let mean_noon = julian_day(date) - longitude / 360.0 + 0.5;
        // The equation of time changes by less than 30 s in a day.
        let noon = mean_noon - Position::at(mean_noon).equation_of_time / 1440.0;
        let cosine = hour_angle_cosine(latitude, Position::at(noon).declination);
        let day = match cosine {
            c if c < -1.0 => SunDay::PolarDay,
            c if c > 1.0 => SunDay::PolarNight,
            _ => SunDay::RisesAndSets,
        };
        let crossing = |direction: f64| {
            let mut instant = noon;
            // Each round halves the seconds that are left at least; five are plenty.
            for _ in 0..5 {
                let position = Position::at(instant);
                let cosine = hour_angle_cosine(latitude, position.declination).clamp(-1.0, 1.0);
                let hour_angle = cosine.acos().to_degrees();
                instant = mean_noon - position.equation_of_time / 1440.0 + direction * hour_angle / 360.0;
            }
            instant
        };
        let (rise, set) = (crossing(-1.0), crossing(1.0));
        let happens = day == SunDay::RisesAndSets;
        Self {
            day,
            sunrise: happens.then(|| Moment::at(rise, longitude)),
            solar_noon: Moment::at(noon, longitude),
            sunset: happens.then(|| Moment::at(set, longitude)),
            day_length_minutes: match day {
                SunDay::RisesAndSets => ((set - rise) * 1440.0).round() as u32,
                SunDay::PolarDay => 1440,
                SunDay::PolarNight => 0,
            },
            made_by: "computed here with the equations of NOAA's Solar Calculator",
        }
    }
}

/// The cosine of the hour angle at which the Sun crosses the horizon; beyond -1 and 1 it does not.
fn hour_angle_cosine(latitude: f64, declination: f64) -> f64 {
    let (latitude, declination) = (latitude.to_radians(), declination.to_radians());
    ZENITH.to_radians().cos() / (latitude.cos() * declination.cos()) - latitude.tan() * declination.tan()
}

/// Julian centuries since J2000.0. UTC stands in for dynamical time: the three minutes at most between them move the
/// Sun by 0.002°.
pub(super) fn centuries(julian_day: f64) -> f64 {
    (julian_day - 2_451_545.0) / 36_525.0
}

/// The Sun's mean longitude, degrees (Meeus 25.2).
fn mean_longitude(t: f64) -> f64 {
    (280.46646 + t * (36000.76983 + t * 0.0003032)).rem_euclid(360.0)
}

/// The Sun's mean anomaly, degrees (Meeus 25.3).
fn mean_anomaly(t: f64) -> f64 {
    357.52911 + t * (35999.05029 - t * 0.0001537)
}

/// The Sun's true longitude, degrees (Meeus, chapter 25).
pub(super) fn true_longitude(t: f64) -> f64 {
    let anomaly = mean_anomaly(t).to_radians();
    let centre = anomaly.sin() * (1.914602 - t * (0.004817 + t * 0.000014))
        + (2.0 * anomaly).sin() * (0.019993 - t * 0.000101)
        + (3.0 * anomaly).sin() * 0.000289;
    mean_longitude(t) + centre
}

/// Where the Sun is, as seen from the centre of the Earth.
#[derive(Debug, Clone, Copy)]
struct Position {
    /// Degrees, north is positive.
    declination: f64,
    /// Apparent minus mean solar time, in minutes.
    equation_of_time: f64,
}

impl Position {
    fn at(julian_day: f64) -> Self {
        let t = centuries(julian_day);
        let node = (125.04 - 1934.136 * t).to_radians();
        let apparent_longitude = (true_longitude(t) - 0.00569 - 0.00478 * node.sin()).to_radians();
        let mean_obliquity = 23.0 + (26.0 + (21.448 - t * (46.815 + t * (0.00059 - t * 0.001813))) / 60.0) / 60.0;
        let obliquity = (mean_obliquity + 0.00256 * node.cos()).to_radians();

        let y = (obliquity / 2.0).tan().powi(2);
        let longitude = mean_longitude(t).to_radians();
        let anomaly = mean_anomaly(t).to_radians();
        let eccentricity = 0.016708634 - t * (0.000042037 + t * 0.0000001267);
        // Meeus 28.3, in radians of the Earth's turn.
        let equation = y * (2.0 * longitude).sin() - 2.0 * eccentricity * anomaly.sin()
            + 4.0 * eccentricity * y * anomaly.sin() * (2.0 * longitude).cos()
            - 0.5 * y * y * (4.0 * longitude).sin()
            - 1.25 * eccentricity * eccentricity * (2.0 * anomaly).sin();
        Self {
            declination: (obliquity.sin() * apparent_longitude.sin()).asin().to_degrees(),
            equation_of_time: equation.to_degrees() * 4.0,
        }
    }
}

#[cfg(test)]
mod tests;
