//! `docs/performance.md`: what was aimed at, what was measured, and whether it holds.

mod tables;
mod targets;

use std::{fmt::Write as _, time::Duration};

use crate::measure::{calls, process::Who, sessions, start, stdio, subscribers};

/// Everything that one run has measured.
pub(crate) struct Results {
    pub(crate) rounds: usize,
    pub(crate) time: Duration,
    pub(crate) pinned: bool,
    pub(crate) calls: calls::Samples,
    pub(crate) stdio: stdio::Samples,
    pub(crate) start: start::Samples,
    pub(crate) sessions: sessions::Seen,
    pub(crate) subscribers: subscribers::Seen,
    pub(crate) instructions: Vec<(&'static str, Who, f64)>,
}

/// The page.
pub(crate) fn page(results: &Results) -> String {
    let mut page = String::from("# Performance\n\n");
    let _ = writeln!(
        page,
        "Written by `scripts/bench.sh`; do not edit. One interleaved run on a machine with {}: {} rounds of {} s for each \
         row and server, medians of the rounds, ratios taken round by round. {} A ratio says more than a time: both of its \
         sides ran on the same machine in the same minute.\n",
        machine(),
        results.rounds,
        results.time.as_secs_f64(),
        if results.pinned {
            "Every server ran on one core, and the load on another."
        } else {
            "There was no second core, so load and server shared one."
        },
    );
    page.push_str(include_str!("what.md"));
    page.push('\n');
    targets::write(&mut page, results);
    page.push('\n');
    tables::write(&mut page, results);
    page.push('\n');
    page.push_str(include_str!("why.md"));
    page
}

/// What kind of machine this is, without its name.
fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib: Option<f64> =
        memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().trim_end_matches(" kB").parse().ok());
    format!(
        "{cores} cores ({}), {:.0} GiB of memory, {} on {}",
        model.map_or("unknown processor", |(_, model)| model.trim()),
        kib.unwrap_or_default() / 1024.0 / 1024.0,
        std::env::consts::OS,
        std::env::consts::ARCH,
    )
}

/// A time in the unit that suits it.
fn time(duration: Duration) -> String {
    let micros = duration.as_secs_f64() * 1e6;
    if micros < 1000.0 { format!("{micros:.0} µs") } else { format!("{:.2} ms", micros / 1000.0) }
}

/// A duration in the middle.
fn middle(durations: impl IntoIterator<Item = Duration>) -> Duration {
    let seconds = crate::measure::median(durations.into_iter().map(|duration| duration.as_secs_f64()));
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
