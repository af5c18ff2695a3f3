//! Exercise 2, extend it: a recognizer for smoke alarms.
//!
//! `analyze_audio` knows Morse and telephone keys. A carer's assistant should know one more signal: the alarm of a smoke
//! detector. Its rhythm is the same all over the world (ISO 8201, "temporal three"): half a second of tone and half a
//! second of silence, three times, then a second and a half of silence; and again. The pitch is free, so do not look at
//! it. Beeps and the short pauses may be off by 100 ms. Two beeps are a doorbell, and a hiss in that rhythm is no alarm.
//!
//! Where to look: `segments` in `src/audio/segments.rs` finds where something sounds, and what kind of sound it is.
//!
//! Hint: keep the segments whose kind is `Tone`, and go over them in threes with `windows(3)`.
//! Hint: a pause is the next segment's `start_ms` minus this one's `end_ms`.
//! Hint: a round ends with silence: the next beep starts at least a second later, or the sound is over.
//! Hint: a fourth beep half a second before or after makes it another signal: look at both neighbours.

use mcp_multi_modal::{
    audio::{segments::segments, sound::Sound},
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

/// The alarm of a smoke detector, if there is one in the sound.
pub(crate) fn smoke_alarm(sound: &Sound, watch: &dyn Watch) -> Result<Option<Alarm>, MediaError> {
    let heard = segments(sound, watch)?;
    // TODO: this takes every sound for an alarm. Count the rounds of three beeps in the right rhythm.
    Ok(heard.first().map(|first| Alarm { start_ms: first.start_ms, rounds: 1 }))
}
