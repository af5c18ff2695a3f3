//! The table.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use super::{BenchArgs, Sample, WAYS, Way, Work};

const HEAD: &str = "\
Server CPU for one call, in microseconds. \"between\" is the process between the client and the upstream: the
gateway, or a proxy that only copies bytes, which is the practical limit. \"added\" is (upstream + between) to the
upstream's CPU when it is called directly, less one; a median of the rounds, whose extremes follow. What the client
costs is not counted. The upstreams speak both revisions: the gateway calls them in 2026-07-28, whatever its client
speaks.
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
        "{:<20} {:<11} {:<8} {:>8} {:>8} {:>9} {:>8} {:>16}  at most {:.0} %",
        "work",
        "revision",
        "way",
        "calls/s",
        "p50 us",
        "upstream",
        "between",
        "added",
        MOST * 100.0
    );
    for (work, rounds) in works.iter().zip(samples) {
        for (at, way) in WAYS.into_iter().enumerate() {
            let median_of = |of: &dyn Fn(&Sample) -> f64| median(rounds.iter().map(|round| of(&round[at])).collect());
            let per_second = median_of(&|sample| sample.seen.calls() as f64 / sample.seen.elapsed.as_secs_f64());
            let p50 = median_of(&|sample| sample.seen.p50().as_secs_f64() * 1e6);
            let (upstream, between) = (median_of(&|sample| sample.upstream), median_of(&|sample| sample.between));
            let added: Vec<f64> = rounds.iter().map(|round| added(&round[0], &round[at])).collect();
            let (added, verdict) = match way {
                Way::Direct => (String::new(), ""),
                Way::Proxy => (spread(&added), ""),
                Way::Gateway => (spread(&added), if median(added) <= MOST { "yes" } else { "no" }),
            };
            let name = format!("{way:?}").to_lowercase();
            let _ = writeln!(
                text,
                "{:<20} {:<11} {name:<8} {per_second:>8.0} {p50:>8.0} {upstream:>9.1} {between:>8.1} {added:>16}  {verdict}",
                work.title,
                work.revision.name(),
            );
        }
    }
    text
}

/// What is added to the direct call of the same round.
fn added(direct: &Sample, other: &Sample) -> f64 {
    if direct.upstream > 0.0 { (other.upstream + other.between) / direct.upstream - 1.0 } else { f64::NAN }
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
    use super::*;

    #[test]
    fn medians_and_their_spread() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(spread(&[0.31, 0.28, 0.36]), "31 % (28..36)");
    }
}
