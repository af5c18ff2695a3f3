//! The table.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use super::{BenchArgs, By, PATHS, Path, Sample, Work};

const HEAD: &str = "\
CPU for one call, in microseconds. \"between\" is the process between the client and the upstream: the gateway, or a
proxy that only copies bytes, which is the practical limit. \"servers only\" is (upstream + between) to the upstream's CPU
when it is called directly, less one; \"whole call\" is the same with the client's CPU on both sides. Each is a median of
the rounds, whose extremes follow. Calls are made by as few bytes as do, by the same asking for progress (for which the
upstream has no short way), and by the SDK's client. The upstreams speak both revisions: the gateway calls them in
2026-07-28, whatever its client speaks.
";

/// What a gateway may add to the CPU of a direct call.
const MOST: f64 = 0.35;

pub(super) fn print(args: &BenchArgs, works: &[Work], samples: &[Vec<[Sample; 3]>]) -> anyhow::Result<()> {
    io::stdout().lock().write_all(text(args, works, samples).as_bytes())?;
    Ok(())
}

fn text(args: &BenchArgs, works: &[Work], samples: &[Vec<[Sample; 3]>]) -> String {
    let mut text = HEAD.to_owned();
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "{} rounds of {} ms, {} connections, one call at a time on each.\n",
        args.rounds, args.millis, args.connections
    );
    let _ = writeln!(
        text,
        "{:<18} {:<6} {:<10} {:<7} {:>7} {:>7} {:>7} {:>8} {:>7} {:>21} {:>19}  at most {:.0} %",
        "work",
        "by",
        "revision",
        "path",
        "calls/s",
        "p50 us",
        "client",
        "upstream",
        "between",
        "servers only",
        "whole call",
        MOST * 100.0
    );
    for (work, rounds) in works.iter().zip(samples) {
        for (at, path) in PATHS.into_iter().enumerate() {
            let median_of = |of: &dyn Fn(&Sample) -> f64| median(rounds.iter().map(|round| of(&round[at])).collect());
            let per_second = median_of(&|sample| sample.per_second);
            let p50 = median_of(&|sample| sample.p50.as_secs_f64() * 1e6);
            let (upstream, between) = (median_of(&|sample| sample.upstream), median_of(&|sample| sample.between));
            let has_client = work.by == By::Client;
            let client = has_client.then(|| format!("{:.1}", median_of(&|sample| sample.client.unwrap_or(f64::NAN))));
            let all = |with_client: bool| -> Vec<f64> {
                rounds.iter().map(|round| added(&round[0], &round[at], with_client)).collect()
            };
            let (servers, whole) = (all(false), has_client.then(|| all(true)));
            let verdict = |values: &[f64]| if median(values.to_vec()) <= MOST { "yes" } else { "no" };
            let (of_servers, of_whole, verdicts) = match path {
                Path::Direct => Default::default(),
                Path::Proxy => (spread(&servers), whole.as_deref().map(spread), String::new()),
                Path::Gateway => {
                    let of_whole = whole.as_deref().map(verdict).map(|verdict| format!(", {verdict}"));
                    let verdicts = format!("{}{}", verdict(&servers), of_whole.unwrap_or_default());
                    (spread(&servers), whole.as_deref().map(spread), verdicts)
                }
            };
            let (by, path) = (format!("{:?}", work.by).to_lowercase(), format!("{path:?}").to_lowercase());
            let (client, of_whole) = (client.unwrap_or_default(), of_whole.unwrap_or_default());
            let _ = writeln!(
                text,
                "{:<18} {by:<6} {:<10} {path:<7} {per_second:>7.0} {p50:>7.0} {client:>7} {upstream:>8.1} {between:>7.1} \
                 {of_servers:>21} {of_whole:>19}  {verdicts}",
                work.title,
                work.way.revision(),
            );
        }
    }
    text
}

/// What is added to the direct call of the same round.
fn added(direct: &Sample, other: &Sample, with_client: bool) -> f64 {
    let cost = |sample: &Sample| {
        let client = sample.client.filter(|_| with_client).unwrap_or_default();
        client + sample.upstream + sample.between
    };
    if cost(direct) > 0.0 { cost(other) / cost(direct) - 1.0 } else { f64::NAN }
}

/// `31 % (28..36)`
fn spread(values: &[f64]) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min) * 100.0;
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max) * 100.0;
    format!("{:.0} % ({least:.0}..{most:.0})", median(values.to_vec()) * 100.0)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => values[length / 2],
        length => f64::midpoint(values[length / 2 - 1], values[length / 2]),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_client_counts_where_it_is_asked_for() {
        let sample = |client, upstream, between| Sample {
            per_second: 1.0,
            p50: Duration::ZERO,
            client: Some(client),
            upstream,
            between,
        };
        let (direct, through) = (sample(150.0, 50.0, 0.0), sample(150.0, 50.0, 50.0));
        assert_eq!((added(&direct, &through, false), added(&direct, &through, true)), (1.0, 0.25));
    }

    #[test]
    fn medians_and_their_spread() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(spread(&[0.31, 0.28, 0.36]), "31 % (28..36)");
    }
}
