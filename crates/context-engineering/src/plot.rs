//! A plot as SVG: how many answers are covered at which budget, a line for each strategy.

use std::fmt::Write as _;

use crate::evaluate::Row;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 180.0;
const TOP: f64 = 46.0;
const BOTTOM: f64 = 52.0;
/// Told apart by people who see few colours too, and by their dashes.
const LINES: [(&str, &str); 5] =
    [("#767676", "2 4"), ("#b35806", "8 4"), ("#542788", "4 3"), ("#1b7837", "12 3"), ("#0b5394", "none")];
/// Least distance of two labels.
const LABEL: f64 = 17.0;

/// Draws the rows. The title says over what they were measured.
pub fn plot(rows: &[Row], title: &str) -> String {
    let budgets: Vec<usize> =
        rows.first().map(|row| row.contexts.iter().map(|context| context.budget).collect()).unwrap_or_default();
    let most = budgets.iter().max().copied().unwrap_or(1).max(1) as f64;
    let x = |budget: usize| LEFT + budget as f64 / most * (WIDTH - LEFT - RIGHT);
    let y = |share: f64| HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\">\n<title>{title}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
         <text x=\"{LEFT}\" y=\"24\" font-size=\"16\" fill=\"#222\">{title}</text>\n",
        title = escaped(title)
    );
    for percent in [0, 20, 40, 60, 80, 100] {
        let at = y(f64::from(percent) / 100.0);
        // Writing to a string cannot fail.
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{:.0}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#444\">{percent} %</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0
        );
    }
    for budget in &budgets {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444\">{budget}</text>",
            x(*budget),
            HEIGHT - BOTTOM + 20.0
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#444\">budget in tokens</text>",
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 10.0
    );
    for (row, (colour, dashes)) in rows.iter().zip(LINES.iter().cycle()) {
        let points: Vec<String> =
            row.contexts.iter().map(|context| format!("{:.1},{:.1}", x(context.budget), y(context.covered))).collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\" \
             stroke-dasharray=\"{dashes}\"/>",
            points.join(" ")
        );
        for point in &points {
            let (x, y) = point.split_once(',').unwrap_or_default();
            let _ = writeln!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"3.5\" fill=\"{colour}\"/>");
        }
    }
    for (at, label) in labels(rows, y) {
        let (colour, _) = LINES[label % LINES.len()];
        let covered = rows[label].contexts.last().map_or(0.0, |context| context.covered * 100.0);
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{} {covered:.0} %</text>",
            WIDTH - RIGHT + 10.0,
            at + 4.0,
            escaped(rows[label].strategy.name())
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Where the label of each row stands: at the end of its line, or as near to it as the others let it.
fn labels(rows: &[Row], y: impl Fn(f64) -> f64) -> Vec<(f64, usize)> {
    let end = |row: &Row| y(row.contexts.last().map_or(0.0, |context| context.covered));
    let mut labels: Vec<(f64, usize)> = rows.iter().enumerate().map(|(at, row)| (end(row), at)).collect();
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    for at in 1..labels.len() {
        labels[at].0 = labels[at].0.max(labels[at - 1].0 + LABEL);
    }
    // What was pushed below the plot goes up again.
    let over = labels.last().map_or(0.0, |(last, _)| (last - y(0.0)).max(0.0));
    if over > 0.0 {
        labels.iter_mut().for_each(|(at, _)| *at -= over);
    }
    labels
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{evaluate::Coverage, strategy::Strategy};

    #[test]
    fn every_row_has_a_line_and_a_label() {
        let context =
            |budget, covered| Coverage { budget, covered, utilization: 1.0, milliseconds: 1.0, missed: Vec::new() };
        let rows = Strategy::ALL.map(|strategy| Row {
            strategy,
            precision_at_5: 0.0,
            recall_at_10: 0.0,
            ndcg_at_10: 0.0,
            contexts: vec![context(500, 0.5), context(1000, 0.9)],
        });
        let svg = plot(&rows, "5 < 6 questions");
        assert_eq!((svg.matches("<polyline").count(), svg.matches("<circle").count()), (5, 10));
        assert!(svg.contains("5 &lt; 6") && svg.contains("hybrid, packed 90 %"), "{svg}");
        let at: Vec<f64> = labels(&rows, |share| 100.0 - share).into_iter().map(|(at, _)| at).collect();
        assert!(at.windows(2).all(|pair| pair[1] - pair[0] >= LABEL));
    }
}
