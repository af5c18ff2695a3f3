//! Frost: when it begins, and when it is over.
//!
//! Rules are written in minutes, never in readings. The night of 8 April 2026 (INC-2026-007) has shown why: when the
//! interval went from ten minutes to five, "two readings" became half as long, and nobody had touched this file.

use std::time::Duration;

use crate::{
    observation::{Flag, Observation, WetBulb},
    registry::{Registry, StationId},
};

/// The wet-bulb temperature, in degrees Celsius, at which a blossom is in danger.
pub const THRESHOLD: f64 = -0.3;
/// How long the wet-bulb temperature has to stay at or below [`THRESHOLD`]. At five minutes an interval these are three
/// readings: the first, and two more.
pub const HOLD: Duration = Duration::from_secs(10 * 60);
/// A neighbour that agrees must read this or less, in degrees Celsius.
pub const WITNESS: f64 = 0.5;
/// How far away a neighbour may stand, in metres.
pub const WITNESS_DISTANCE: f64 = 8_000.0;
/// How long it must be warmer than [`WITNESS`] before the alert ends.
pub const RELEASE: Duration = Duration::from_secs(30 * 60);
/// Two readings that lie further apart do not belong to the same spell: there may have been anything in between.
pub const LARGEST_GAP: Duration = Duration::from_secs(12 * 60);

/// What the rule says about a place now.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Nothing to tell.
    Calm,
    /// Cold enough, but not for long enough, or nobody confirms it.
    Armed { since: i64, reason: Waiting },
    /// Tell people. Carries the witness, which is named in the message.
    Frost { wet_bulb: f64, witness: StationId },
}

/// Why an armed place is not yet in alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    Duration,
    Witness,
}

/// Judges a station by its latest readings, newest last.
///
/// Readings with flag 1 are passed over: a suspect reading may support another station, but it never starts an alert.
/// A probe of the same production lot is no witness, because it would make the same mistake.
pub fn judge(station: &StationId, readings: &[Observation], registry: &Registry) -> Verdict {
    let mut spell: Option<(i64, f64)> = None;
    let mut last_seen: Option<i64> = None;
    for reading in readings.iter().filter(|reading| reading.flag == Flag::Good) {
        let Some(wet_bulb) = reading.wet_bulb() else { continue };
        let is_torn = last_seen.is_some_and(|seen| reading.observed_at - seen > LARGEST_GAP.as_secs() as i64);
        last_seen = Some(reading.observed_at);
        spell = match spell {
            Some((since, _)) if wet_bulb <= THRESHOLD && !is_torn => Some((since, wet_bulb)),
            _ if wet_bulb <= THRESHOLD => Some((reading.observed_at, wet_bulb)),
            _ => None,
        };
    }
    let (Some((since, wet_bulb)), Some(now)) = (spell, last_seen) else { return Verdict::Calm };
    if now - since < HOLD.as_secs() as i64 {
        return Verdict::Armed { since, reason: Waiting::Duration };
    }
    match witness(station, now, registry) {
        Some(witness) => Verdict::Frost { wet_bulb, witness },
        None => Verdict::Armed { since, reason: Waiting::Witness },
    }
}

/// The nearest station that confirms it: close enough, cold enough, heard of in the last 15 minutes, of another lot.
fn witness(station: &StationId, now: i64, registry: &Registry) -> Option<StationId> {
    let own_lot = registry.probe_lot(station);
    registry
        .nearest(station, WITNESS_DISTANCE)
        .filter(|neighbour| registry.probe_lot(neighbour) != own_lot)
        .filter(|neighbour| registry.site_class(neighbour) <= 3)
        .find(|neighbour| {
            registry.latest(neighbour).is_some_and(|reading| {
                now - reading.observed_at <= 15 * 60 && reading.wet_bulb().is_some_and(|value| value <= WITNESS)
            })
        })
}

/// Wet-bulb temperature from air temperature (°C) and relative humidity (%), after Stull (2011). Good to 0.3 degrees
/// between 5 % and 99 % humidity and from -20 to 50 degrees.
pub fn wet_bulb(air: f64, humidity: f64) -> f64 {
    air * (0.151_977 * (humidity + 8.313_659).sqrt()).atan() + (air + humidity).atan()
        - (humidity - 1.676_331).atan()
        + 0.003_918_38 * humidity.powf(1.5) * (0.023_101 * humidity).atan()
        - 4.686_035
}
