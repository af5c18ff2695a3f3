//! The figures, in tables.

use std::fmt::Write as _;

use super::{Results, middle, time};
use crate::measure::{
    calls::{Sample, works},
    median,
    process::Who,
};

pub(super) fn write(page: &mut String, results: &Results) {
    calls(page, results);
    stdio(page, results);
    start(page, results);
    sessions(page, results);
    subscribers(page, results);
    instructions(page, results);
}

fn calls(page: &mut String, results: &Results) {
    page.push_str("## Calls over HTTP\n\n");
    page.push_str(
        "\"Bare\" is an axum handler that parses the JSON-RPC with serde_json and answers the same bytes.\n\n",
    );
    page.push_str("| work | server | calls a second | p50 | p99 | server CPU a call | to bare | memory (MiB) |\n");
    page.push_str("|---|---|---:|---:|---:|---:|---:|---:|\n");
    for (index, work) in works().iter().enumerate() {
        let bare = results.calls.get(&(index, Who::Bare));
        for who in work.by {
            let Some(samples) = results.calls.get(&(index, *who)) else { continue };
            let of = |value: fn(&Sample) -> f64| median(samples.iter().map(value));
            let ratio = bare.map(|bare| median(samples.iter().zip(bare).map(|(one, bare)| one.cpu / bare.cpu)));
            let _ = writeln!(
                page,
                "| {} | {} | {:.0} | {} | {} | {:.1} µs | {} | {:.0} |",
                work.title,
                who.name(),
                of(|sample| sample.per_second),
                time(middle(samples.iter().map(|sample| sample.p50))),
                time(middle(samples.iter().map(|sample| sample.p99))),
                of(|sample| sample.cpu),
                ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
                of(|sample| sample.memory),
            );
        }
    }
}

fn stdio(page: &mut String, results: &Results) {
    page.push_str("\n## Round trips on stdio\n\n");
    page.push_str(
        "| revision | server | p50 | p99 | server CPU a call | memory (MiB) |\n|---|---|---:|---:|---:|---:|\n",
    );
    for modern in [true, false] {
        for who in Who::ALL {
            let Some(samples) = results.stdio.get(&(modern, who)) else { continue };
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} | {:.1} µs | {:.0} |",
                if modern { "2026-07-28" } else { "2025-11-25" },
                who.name(),
                time(middle(samples.iter().map(|sample| sample.p50))),
                time(middle(samples.iter().map(|sample| sample.p99))),
                median(samples.iter().map(|sample| sample.cpu)),
                median(samples.iter().map(|sample| sample.memory)),
            );
        }
    }
}

fn start(page: &mut String, results: &Results) {
    page.push_str("\n## From the start to the first answer\n\n");
    page.push_str("| transport | server | time | memory then (MiB) |\n|---|---|---:|---:|\n");
    for http in [true, false] {
        for who in Who::ALL {
            let Some(samples) = results.start.get(&(http, who)) else { continue };
            let _ = writeln!(
                page,
                "| {} | {} | {} | {:.1} |",
                if http { "HTTP" } else { "stdio" },
                who.name(),
                time(middle(samples.iter().map(|sample| sample.time))),
                median(samples.iter().map(|sample| sample.memory)),
            );
        }
    }
}

fn sessions(page: &mut String, results: &Results) {
    let seen = &results.sessions;
    let _ = writeln!(
        page,
        "\n## Sessions of 2025-11-25\n\n{} waves of {} sessions that open and expire, {} µs of CPU to open one. With a cap \
         of {}, {} of {} sessions still answer. Memory is read after {} s of other calls, because the allocator \
         gives back while it is used.\n\n| wave | memory with all open (MiB) | after they expired |\n|---:|---:|---:|",
        seen.plan.waves,
        seen.plan.sessions,
        median(seen.waves.iter().map(|wave| wave.cpu)).round(),
        seen.plan.cap,
        seen.alive,
        seen.plan.cap * 3,
        seen.plan.settle_seconds,
    );
    for (index, wave) in seen.waves.iter().enumerate() {
        let _ = writeln!(page, "| {} | {:.0} | {:.0} |", index + 1, wave.open, wave.expired);
    }
}

fn subscribers(page: &mut String, results: &Results) {
    let seen = &results.subscribers;
    let _ = writeln!(
        page,
        "\n## Subscribers\n\nOne change reaches {} subscribers (`subscriptions/listen`) in {}, for {:.1} µs of CPU a \
         delivery and {:.0} KiB of memory a subscriber. While one subscriber did not read, the others waited {} at most for \
         a hundred changes; it {}.",
        seen.subscribers,
        time(seen.all_heard),
        seen.cpu,
        seen.memory,
        time(seen.longest),
        if seen.dropped { "lost its connection" } else { "kept its connection" },
    );
}

fn instructions(page: &mut String, results: &Results) {
    page.push_str("\n## Instructions a call\n\n");
    if results.instructions.is_empty() {
        page.push_str("Not counted in this run: valgrind was missing, or the run was a quick one.\n");
        return;
    }
    page.push_str("Counted by callgrind, in user mode only: the kernel's share is the same for both.\n\n");
    page.push_str("| work | bare | this workspace | ratio |\n|---|---:|---:|---:|\n");
    for pair in results.instructions.chunks_exact(2) {
        let (title, _, bare) = pair[0];
        let (_, _, ours) = pair[1];
        let _ = writeln!(page, "| {title} | {bare:.0} | {ours:.0} | {:.2} |", ours / bare);
    }
}
