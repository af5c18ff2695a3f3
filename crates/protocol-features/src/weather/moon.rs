//! The Moon's phase by Jean Meeus, *Astronomical Algorithms*, 2nd edition (1998): the largest terms of chapter 47 for its
//! longitude and latitude, and chapter 48 for the part of its disc that is lit. The instants of new moon, full moon and
//! the quarters come out right within a few minutes.

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    Moment,
    date::julian_day,
    sun::{centuries, true_longitude},
};

/// The Moon's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MoonPhase {
    /// Between Earth and Sun, at some time of the day.
    NewMoon,
    /// Less than half is lit, and more from day to day.
    WaxingCrescent,
    /// A quarter of its round is done, at some time of the day.
    FirstQuarter,
    /// More than half is lit, and more from day to day.
    WaxingGibbous,
    /// Opposite to the Sun, at some time of the day.
    FullMoon,
    /// More than half is lit, and less from day to day.
    WaningGibbous,
    /// Three quarters of its round are done, at some time of the day.
    LastQuarter,
    /// Less than half is lit, and less from day to day.
    WaningCrescent,
}

impl MoonPhase {
    /// The four that are instants, each with the Moon's longitude minus the Sun's, in degrees.
    const INSTANTS: [(Self, f64); 4] =
        [(Self::NewMoon, 0.0), (Self::FirstQuarter, 90.0), (Self::FullMoon, 180.0), (Self::LastQuarter, 270.0)];

    /// Its name, in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewMoon => "new moon",
            Self::WaxingCrescent => "waxing crescent",
            Self::FirstQuarter => "first quarter",
            Self::WaxingGibbous => "waxing gibbous",
            Self::FullMoon => "full moon",
            Self::WaningGibbous => "waning gibbous",
            Self::LastQuarter => "last quarter",
            Self::WaningCrescent => "waning crescent",
        }
    }
}

/// The Moon on a day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moon {
    /// Its phase; new moon, full moon and the quarters on the day that they fall on.
    pub phase: MoonPhase,
    /// When the phase is exact, for those four.
    pub phase_at: Option<Moment>,
    /// The part of its disc that is lit at noon of local mean solar time, 0 to 1, to two decimals.
    pub illuminated_fraction: f64,
    /// By what it was computed.
    pub made_by: &'static str,
}

impl Moon {
    /// The Moon on a day of local mean solar time at a longitude, in degrees.
    pub(super) fn on(longitude: f64, date: NaiveDate) -> Self {
        let midnight = julian_day(date) - longitude / 360.0;
        let instant =
            MoonPhase::INSTANTS.into_iter().find_map(|(phase, angle)| Some((phase, passing(angle, midnight)?)));
        let phase = match (instant, elongation(midnight)) {
            (Some((phase, _)), _) => phase,
            (None, ..90.0) => MoonPhase::WaxingCrescent,
            (None, ..180.0) => MoonPhase::WaxingGibbous,
            (None, ..270.0) => MoonPhase::WaningGibbous,
            (None, _) => MoonPhase::WaningCrescent,
        };
        Self {
            phase,
            phase_at: instant.map(|(_, julian_day)| Moment::at(julian_day, longitude)),
            illuminated_fraction: (illuminated_fraction(midnight + 0.5) * 100.0).round() / 100.0,
            made_by: "computed here with the formulas of Meeus, Astronomical Algorithms, chapters 47 and 48",
        }
    }
}

/// When the elongation passes `angle` in the day that begins at `midnight`, as a Julian day.
fn passing(angle: f64, midnight: f64) -> Option<f64> {
    // Negative before, positive after; a day is 11° to 15°, so half a turn away is far away.
    let past = |julian_day: f64| (elongation(julian_day) - angle + 180.0).rem_euclid(360.0) - 180.0;
    let (mut before, mut after) = (midnight, midnight + 1.0);
    let is_inside = (-20.0..0.0).contains(&past(before)) && past(after) >= 0.0;
    // Halved to less than a second.
    for _ in 0..20 {
        let middle = f64::midpoint(before, after);
        if past(middle) < 0.0 { before = middle } else { after = middle }
    }
    is_inside.then_some(after)
}

/// The Moon's longitude minus the Sun's, degrees from 0 to 360.
fn elongation(julian_day: f64) -> f64 {
    let t = centuries(julian_day);
    // The Sun's light has been under way for 8 minutes, in which the Sun moved on.
    (Arguments::at(t).longitude() - true_longitude(t) + 0.00569).rem_euclid(360.0)
}

/// The part of the disc that is lit (Meeus 48.1 to 48.3).
fn illuminated_fraction(julian_day: f64) -> f64 {
    let latitude = Arguments::at(centuries(julian_day)).latitude().to_radians();
    let angle = (latitude.cos() * elongation(julian_day).to_radians().cos()).acos();
    // Mean distance of the Moon over that of the Sun: 385 001 km over 149 598 000 km.
    let phase_angle = angle.sin().atan2(385_001.0 / 149_598_000.0 - angle.cos());
    f64::midpoint(1.0, phase_angle.cos())
}

/// The angles that the Moon's path is made of, radians but for the first (Meeus 47.1 to 47.6).
struct Arguments {
    /// L', degrees.
    mean_longitude: f64,
    /// D
    elongation: f64,
    /// M
    sun_anomaly: f64,
    /// M'
    moon_anomaly: f64,
    /// F
    latitude: f64,
    /// E: the Earth's path becomes rounder, and terms with M smaller.
    eccentricity: f64,
}

/// Multiples of D, M, M' and F, and the sine's coefficient in millionths of a degree.
type Term = (i8, i8, i8, i8, f64);

/// Meeus, table 47.A: all terms of more than 0.01°.
const LONGITUDE: [Term; 18] = [
    (0, 0, 1, 0, 6_288_774.0),
    (2, 0, -1, 0, 1_274_027.0),
    (2, 0, 0, 0, 658_314.0),
    (0, 0, 2, 0, 213_618.0),
    (0, 1, 0, 0, -185_116.0),
    (0, 0, 0, 2, -114_332.0),
    (2, 0, -2, 0, 58_793.0),
    (2, -1, -1, 0, 57_066.0),
    (2, 0, 1, 0, 53_322.0),
    (2, -1, 0, 0, 45_758.0),
    (0, 1, -1, 0, -40_923.0),
    (1, 0, 0, 0, -34_720.0),
    (0, 1, 1, 0, -30_383.0),
    (2, 0, 0, -2, 15_327.0),
    (0, 0, 1, 2, -12_528.0),
    (0, 0, 1, -2, 10_980.0),
    (4, 0, -1, 0, 10_675.0),
    (0, 0, 3, 0, 10_034.0),
];

/// Meeus, table 47.B: all terms of more than 0.05°.
const LATITUDE: [Term; 6] = [
    (0, 0, 0, 1, 5_128_122.0),
    (0, 0, 1, 1, 280_602.0),
    (0, 0, 1, -1, 277_693.0),
    (2, 0, 0, -1, 173_237.0),
    (2, 0, -1, 1, 55_413.0),
    (2, 0, -1, -1, 46_271.0),
];

impl Arguments {
    fn at(t: f64) -> Self {
        let radians = |degrees: f64| degrees.rem_euclid(360.0).to_radians();
        Self {
            mean_longitude: 218.3164477 + t * (481_267.88123421 - t * (0.0015786 - t / 538_841.0)),
            elongation: radians(297.8501921 + t * (445_267.1114034 - t * (0.0018819 - t / 545_868.0))),
            sun_anomaly: radians(357.5291092 + t * (35_999.0502909 - t * 0.0001536)),
            moon_anomaly: radians(134.9633964 + t * (477_198.8675055 + t * (0.0087414 + t / 69_699.0))),
            latitude: radians(93.2720950 + t * (483_202.0175233 - t * 0.0036539)),
            eccentricity: 1.0 - t * (0.002516 + t * 0.0000074),
        }
    }

    /// Degrees from the mean equinox of the date, not reduced to a full turn.
    fn longitude(&self) -> f64 {
        self.mean_longitude + self.sum(&LONGITUDE)
    }

    /// Degrees north of the ecliptic.
    fn latitude(&self) -> f64 {
        self.sum(&LATITUDE)
    }

    fn sum(&self, terms: &[Term]) -> f64 {
        let term = |(d, m, m_moon, f, coefficient): &Term| {
            let angle = f64::from(*d) * self.elongation
                + f64::from(*m) * self.sun_anomaly
                + f64::from(*m_moon) * self.moon_anomaly
                + f64::from(*f) * self.latitude;
            coefficient * self.eccentricity.powi(i32::from(m.abs())) * angle.sin()
        };
        terms.iter().map(term).sum::<f64>() / 1_000_000.0
    }
}

#[cfg(test)]
mod tests;
