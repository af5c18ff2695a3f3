//! A recognizer for smoke alarms.

use mcp_multi_modal::{
    audio::{decode::decode, sound::Sound},
    watch::Unwatched,
};

use crate::ex2_smoke_alarm::{Alarm, smoke_alarm};

const RATE: u32 = 16_000;

/// What sounds for a time.
#[derive(Clone, Copy)]
enum Part {
    /// A tone: Hz and milliseconds.
    Tone(f64, u32),
    /// White noise: milliseconds.
    Hiss(u32),
    /// Silence: milliseconds.
    Rest(u32),
}
use Part::{Hiss, Rest, Tone};

fn sound(parts: &[Part]) -> Sound {
    let mut samples = Vec::new();
    let mut noise = 1_u32;
    for part in parts {
        let (Tone(_, length) | Hiss(length) | Rest(length)) = *part;
        for n in 0..length * RATE / 1_000 {
            // Numerical Recipes' generator: the same noise every time.
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            samples.push(match part {
                Tone(hertz, _) => 0.5 * (std::f64::consts::TAU * hertz * f64::from(n) / f64::from(RATE)).sin() as f32,
                Hiss(_) => 0.5 * ((noise >> 16) as f32 / 32_768.0 - 1.0),
                Rest(_) => 0.0,
            });
        }
    }
    Sound {
        sample_rate: RATE,
        channels: vec![samples],
        mime: "audio/wav",
        codec: "pcm_s16".to_owned(),
        bits_per_sample: Some(16),
    }
}

/// One round of an alarm at a pitch.
fn round(hertz: f64) -> Vec<Part> {
    let beep = Tone(hertz, 500);
    vec![beep, Rest(500), beep, Rest(500), beep, Rest(1_500)]
}

fn heard(parts: &[Part]) -> Option<Alarm> {
    smoke_alarm(&sound(parts), &Unwatched).expect("nothing is cancelled")
}

#[test]
fn an_alarm_is_heard_at_any_pitch() {
    for hertz in [520.0, 3_100.0] {
        let parts = [vec![Rest(700)], round(hertz), round(hertz)].concat();
        let alarm = heard(&parts).unwrap_or(Alarm { start_ms: 0, rounds: 0 });
        assert_eq!(alarm.rounds, 2, "rounds in two rounds at {hertz} Hz");
        assert!((660..=740).contains(&alarm.start_ms), "it starts after 700 ms, and {} ms were said", alarm.start_ms);
    }
}

#[test]
fn a_beep_may_be_a_little_short_or_long() {
    let parts = [Tone(3_100.0, 440), Rest(560), Tone(3_100.0, 560), Rest(440), Tone(3_100.0, 500), Rest(1_500)];
    assert_eq!(heard(&parts).map(|alarm| alarm.rounds), Some(1), "rounds in one round that is 60 ms off");
}

#[test]
fn an_alarm_over_speech_before_it_is_counted_once() {
    let parts = [vec![Tone(700.0, 1_200), Rest(1_500)], round(3_100.0)].concat();
    let alarm = heard(&parts);
    assert_eq!(alarm.as_ref().map(|alarm| alarm.rounds), Some(1), "rounds after a long tone");
    assert!(alarm.is_some_and(|alarm| alarm.start_ms > 2_600), "the long tone before it is no part of the alarm");
}

#[test]
fn another_signal_is_no_alarm() {
    let beep = Tone(3_100.0, 500);
    let long = Tone(3_100.0, 900);
    for (name, parts) in [
        ("two beeps", vec![beep, Rest(500), beep, Rest(1_500)]),
        ("four beeps", vec![beep, Rest(500), beep, Rest(500), beep, Rest(500), beep, Rest(1_500)]),
        ("three long beeps", vec![long, Rest(500), long, Rest(500), long, Rest(1_500)]),
        ("three slow beeps", vec![beep, Rest(900), beep, Rest(900), beep, Rest(1_500)]),
        ("three bursts of hiss", vec![Hiss(500), Rest(500), Hiss(500), Rest(500), Hiss(500), Rest(1_500)]),
        ("silence", vec![Rest(2_000)]),
    ] {
        assert_eq!(heard(&parts), None, "{name} are no alarm");
    }
}

#[test]
fn speech_is_no_alarm() {
    let speech = decode(include_bytes!("../../samples/speech.wav"), None, &Unwatched).expect("the sample");
    assert_eq!(smoke_alarm(&speech, &Unwatched), Ok(None), "samples/speech.wav is no alarm");
}
