//! What was aimed at, and whether it holds.

use std::{fmt::Write as _, time::Duration};

use super::{Results, middle, time};
use crate::measure::{calls::work, median, process::Who, start, stdio};

/// One line: a measured value and its bound.
struct Target {
    what: String,
    bound: String,
    /// `None` when the other side was missing.
    measured: Option<(String, bool)>,
}

pub(super) fn write(page: &mut String, results: &Results) {
    page.push_str("## Targets\n\n| target | bound | measured | holds |\n|---|---:|---:|---|\n");
    for target in targets(results) {
        let (measured, holds) = match target.measured {
            Some((measured, holds)) => (measured, if holds { "yes" } else { "**no**" }),
            None => ("not measured".to_owned(), ""),
        };
        let _ = writeln!(page, "| {} | {} | {measured} | {holds} |", target.what, target.bound);
    }
}

fn targets(results: &Results) -> Vec<Target> {
    let mut all = Vec::new();
    for (what, one, other, bound) in [
        ("CPU of a call, 2026-07-28, to bare axum", work::ECHO, work::ECHO, 2.5),
        ("CPU of a call, 2025-11-25 without sessions, to bare axum", work::ECHO_STATELESS, work::ECHO_STATELESS, 2.0),
        ("the same with 50 tools, 2026-07-28", work::ECHO_50, work::ECHO, 2.5),
        ("the same with 50 tools, 2025-11-25 without sessions", work::ECHO_STATELESS_50, work::ECHO_STATELESS, 2.0),
        ("CPU of `tools/list` of 50, 2026-07-28, to bare axum", work::LIST, work::LIST, 1.6),
        ("CPU of `tools/list` of 50, 2025-11-25, to bare axum", work::LIST_STATELESS, work::LIST_STATELESS, 1.6),
        ("CPU of an image of 1 MiB, to bare axum", work::PICTURE, work::PICTURE, 4.0),
    ] {
        all.push(at_most(what, bound, cpu_ratio(results, (one, Who::Ours), (other, Who::Bare)), "x"));
    }
    for (index, revision) in [(work::ECHO, "2026-07-28"), (work::ECHO_STATELESS, "2025-11-25")] {
        for who in [Who::Python, Who::TypeScript] {
            let what = format!("CPU of a call, {revision}, to the official {}", who.name());
            all.push(share(what, 12.0, cpu_ratio(results, (index, who), (index, Who::Ours))));
        }
    }
    for (what, index) in [("p50 of a streamed answer", work::STREAM), ("p50 of a session call", work::SESSION)] {
        let samples = results.calls.get(&(index, Who::Ours));
        let p50 = samples.map(|samples| middle(samples.iter().map(|sample| sample.p50)));
        all.push(within(what, Duration::from_millis(2), p50));
    }
    let start = |http| results.start.get(&(http, Who::Ours)).map(Vec::as_slice);
    let times = |samples: &[start::Sample]| middle(samples.iter().map(|sample| sample.time));
    all.push(at_most("memory after the first answer", 16.0, start(true).map(idle), " MiB"));
    let loaded = results.calls.get(&(work::ECHO_64, Who::Ours));
    let loaded = loaded.map(|samples| samples.iter().map(|sample| sample.memory).fold(0.0, f64::max));
    all.push(at_most("memory under 64 connections", 30.0, loaded, " MiB"));
    for (what, http) in [("start to first answer, HTTP", true), ("start to first answer, stdio", false)] {
        all.push(within(what, Duration::from_millis(25), start(http).map(times)));
    }
    for (modern, revision) in [(true, "2026-07-28"), (false, "2025-11-25")] {
        let ratio = round_trip(results, (modern, Who::Ours), (modern, Who::Bare));
        all.push(at_most(&format!("round trip on stdio, {revision}, to a bare loop"), 1.3, ratio, "x"));
        let what = format!("round trip on stdio, {revision}, to the official Python SDK");
        all.push(share(what, 5.0, round_trip(results, (modern, Who::Python), (modern, Who::Ours))));
    }
    all.extend(states(results));
    all
}

fn idle(samples: &[start::Sample]) -> f64 {
    median(samples.iter().map(|sample| sample.memory))
}

/// Sessions and subscribers.
fn states(results: &Results) -> Vec<Target> {
    let sessions = &results.sessions;
    let last = sessions.waves.last().map(|wave| wave.expired);
    let second = sessions.waves.get(1).map(|wave| wave.expired);
    let kept = last.zip(second).map(|(last, second)| {
        // Pages come and go; a leak is more in eight waves.
        (format!("{last:.1} MiB"), last <= second + 1.0)
    });
    let seen = &results.subscribers;
    vec![
        Target {
            what: format!("memory after wave {} of {} sessions", sessions.waves.len(), sessions.plan.sessions),
            bound: format!("{:.1} MiB (wave 2) and 1 of noise", second.unwrap_or_default()),
            measured: kept,
        },
        Target {
            what: "sessions at the cap".to_owned(),
            bound: sessions.plan.cap.to_string(),
            measured: Some((sessions.alive.to_string(), sessions.alive == sessions.plan.cap)),
        },
        at_most(&format!("CPU of a delivery to one of {} subscribers", seen.subscribers), 14.0, Some(seen.cpu), " µs"),
        Target {
            what: "a stalled subscriber is dropped, and delays no other".to_owned(),
            bound: "1 s".to_owned(),
            measured: Some((time(seen.longest), seen.dropped && seen.longest < Duration::from_secs(1))),
        },
    ]
}

fn at_most(what: &str, bound: f64, measured: Option<f64>, unit: &str) -> Target {
    let measured = measured.map(|value| (format!("{value:.2}{unit}"), value <= bound));
    Target { what: what.to_owned(), bound: format!("{bound}{unit}"), measured }
}

fn within(what: &str, bound: Duration, measured: Option<Duration>) -> Target {
    Target { what: what.to_owned(), bound: time(bound), measured: measured.map(|value| (time(value), value <= bound)) }
}

/// At most one of `parts` of the other.
fn share(what: String, parts: f64, times: Option<f64>) -> Target {
    Target { what, bound: format!("1/{parts}"), measured: times.map(|value| (format!("1/{value:.1}"), value >= parts)) }
}

/// How much more CPU one work took than another, round by round.
fn cpu_ratio(results: &Results, one: (usize, Who), other: (usize, Who)) -> Option<f64> {
    let (one, other) = (results.calls.get(&one)?, results.calls.get(&other)?);
    Some(median(one.iter().zip(other).map(|(one, other)| one.cpu / other.cpu)))
}

fn round_trip(results: &Results, one: (bool, Who), other: (bool, Who)) -> Option<f64> {
    let (one, other) = (results.stdio.get(&one)?, results.stdio.get(&other)?);
    let ratio = |(one, other): (&stdio::Sample, &stdio::Sample)| one.p50.as_secs_f64() / other.p50.as_secs_f64();
    Some(median(one.iter().zip(other).map(ratio)))
}
