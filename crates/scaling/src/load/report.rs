//! What a load has measured, for the terminal and as a picture.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use hdrhistogram::Histogram;

use super::{LoadArgs, Outcome, Verdict};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 70.0;
const BELOW: f64 = 40.0;

pub(super) fn millis(latency: &Histogram<u64>, quantile: f64) -> f64 {
    latency.value_at_quantile(quantile) as f64 / 1000.0
}

pub(super) fn print(outcome: &Outcome, verdict: &Verdict, args: &LoadArgs) -> io::Result<()> {
    let text = text(outcome, verdict, &args.mix.to_string());
    io::stdout().write_all(text.as_bytes())
}

/// The report.
pub(crate) fn text(outcome: &Outcome, verdict: &Verdict, mix: &str) -> String {
    let mut text = String::new();
    let mut line = |label: &str, value: String| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{label:<14} {value}");
    };
    let latency = &outcome.latency;
    let rate = latency.len() as f64 / outcome.took.as_secs_f64();
    line("mix", mix.to_owned());
    line("answered", format!("{} in {:.1} s, {rate:.0} a second", latency.len(), outcome.took.as_secs_f64()));
    let each: Vec<String> = outcome.answered.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    line("of them", each.join(", "));
    let quantiles = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("most", 1.0)];
    let quantiles = quantiles.map(|(name, quantile)| format!("{name} {:.1}", millis(latency, quantile)));
    line("milliseconds", quantiles.join(", "));
    let again: Vec<String> = outcome.again.iter().map(|(why, count)| format!("{why} {count}")).collect();
    line("sent again", if again.is_empty() { "none".to_owned() } else { again.join(", ") });
    line("calls lost", outcome.lost.len().to_string());
    line(
        "writes",
        format!("{} acknowledged, {} lost, {} duplicated", verdict.acknowledged, verdict.lost, verdict.duplicated),
    );
    text
}

/// Median and 99th percentile of each second, on a logarithmic scale.
pub(crate) fn svg(outcome: &Outcome) -> String {
    let seconds: Vec<_> = outcome.by_second.iter().filter(|second| !second.is_empty()).collect();
    let highest = seconds.iter().map(|second| millis(second, 0.99)).fold(10.0, f64::max).log10().ceil();
    let lowest = -1.0;
    let x = |at: usize| LEFT + (WIDTH - LEFT - 20.0) * at as f64 / (seconds.len().max(2) - 1) as f64;
    let y = |millis: f64| {
        let share = (millis.max(0.1).log10() - lowest) / (highest - lowest);
        HEIGHT - BELOW - (HEIGHT - BELOW - 20.0) * share
    };
    let line = |quantile: f64| {
        let points = seconds.iter().enumerate();
        let points = points.map(|(at, second)| format!("{:.1},{:.1}", x(at), y(millis(second, quantile))));
        points.collect::<Vec<_>>().join(" ")
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<title>Latency of each second</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         fill=\"#fff\"/>\n"
    );
    let mut power = lowest;
    while power <= highest {
        let (value, at) = (10_f64.powf(power), y(10_f64.powf(power)));
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{}\" y2=\"{at:.1}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{:.1}\" \
             text-anchor=\"end\">{value} ms</text>",
            WIDTH - 20.0,
            LEFT - 6.0,
            at + 4.0
        );
        power += 1.0;
    }
    for (name, quantile, colour, at) in [("p50", 0.5, "#0369a1", 0.0), ("p99", 0.99, "#b91c1c", 60.0)] {
        let _ = writeln!(
            svg,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{}\"/>\n\
             <text x=\"{}\" y=\"14\" fill=\"{colour}\">{name}</text>",
            line(quantile),
            LEFT + at
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">seconds 0 to {}</text>\n</svg>",
        WIDTH / 2.0,
        HEIGHT - 10.0,
        seconds.len()
    );
    svg
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::*;
    use crate::metrics::histogram;

    #[test]
    fn a_report_has_the_percentiles_and_a_picture_of_them() {
        let mut by_second = vec![histogram(), histogram(), histogram()];
        for (at, second) in by_second.iter_mut().enumerate().take(2) {
            for millis in 1..=100 {
                second.record(millis * 1000 * (at as u64 + 1)).expect("in range");
            }
        }
        let mut latency = by_second[0].clone();
        latency.add(&by_second[1]).expect("the same range");
        let outcome = Outcome {
            latency,
            by_second,
            answered: BTreeMap::from([("lookup", 200)]),
            again: BTreeMap::new(),
            lost: vec!["x".to_owned()],
            took: Duration::from_secs(2),
        };
        let said = text(&outcome, &Verdict::default(), "lookup=1");
        for expected in ["200 in 2.0 s, 100 a second", "p50 67.1", "calls lost     1", "none"] {
            assert!(said.contains(expected), "{expected} in {said}");
        }
        let svg = svg(&outcome);
        let points = svg.matches("<polyline").count();
        assert_eq!((points, svg.matches("</svg>").count()), (2, 1), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
}
