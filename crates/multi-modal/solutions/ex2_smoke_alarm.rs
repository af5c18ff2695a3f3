//! Exercise 2, extend it: a recognizer for smoke alarms.
//!
//! `analyze_audio` knows Morse and telephone keys. A carer's assistant should know one more signal: the alarm of a smoke
//! detector. Its rhythm is the same all over the world (ISO 8201, "temporal three"): half a second of tone and half a
//! second of silence, three times, then a second and a half of silence; and again. The pitch is free, so do not look at
//! it. Beeps and the short pauses may be off by 100 ms. Two beeps are a doorbell, and a hiss in that rhythm is no alarm.
//!
//! Where to look: `segments` in `src/audio/segments.rs` finds where something sounds, and what kind of sound it is.
//!
//! Learned: a recognizer is a rhythm and its tolerance over what an earlier stage measured; half of its tests say no.
//! Read on: src/audio/dtmf.rs and src/audio/morse_timing.rs, which measure their rhythm instead of knowing it.

use mcp_multi_modal::{
    audio::{
        segments::{Segment, SegmentKind, segments},
        sound::Sound,
    },
    error::MediaError,
    watch::Watch,
};

/// What was heard of an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alarm {
    /// Where its first beep starts, in milliseconds.
    pub(crate) start_ms: u64,
    /// How many times the three beeps came.
    pub(crate) rounds: usize,
}

/// Half a second, give or take.
const HALF_MS: std::ops::RangeInclusive<u64> = 400..=600;
/// The silence around a round is at least this long.
const REST_MS: u64 = 1_000;

/// The alarm of a smoke detector, if there is one in the sound.
pub(crate) fn smoke_alarm(sound: &Sound, watch: &dyn Watch) -> Result<Option<Alarm>, MediaError> {
    let mut beeps = segments(sound, watch)?;
    beeps.retain(|segment| segment.kind == SegmentKind::Tone);
    let mut alarm = None;
    for (index, round) in beeps.windows(3).enumerate() {
        let has_rhythm = round.iter().all(|beep| HALF_MS.contains(&(beep.end_ms - beep.start_ms)))
            && round.windows(2).all(|pair| HALF_MS.contains(&pause(&pair[0], &pair[1])));
        let before = index.checked_sub(1).and_then(|index| beeps.get(index));
        let rests_before = before.is_none_or(|before| pause(before, &round[0]) >= REST_MS);
        let rests_after = beeps.get(index + 3).is_none_or(|after| pause(&round[2], after) >= REST_MS);
        if has_rhythm && rests_before && rests_after {
            alarm.get_or_insert(Alarm { start_ms: round[0].start_ms, rounds: 0 }).rounds += 1;
        }
    }
    Ok(alarm)
}

/// Milliseconds of silence between two segments.
fn pause(first: &Segment, second: &Segment) -> u64 {
    second.start_ms.saturating_sub(first.end_ms)
}
