//! Tables that read well on a terminal and on a page.

use std::fmt::Write as _;

/// A title, what the columns are, and rows.
pub(super) struct Table {
    text: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new<const N: usize>(title: &str, head: [&str; N]) -> Self {
        Self { text: format!("## {title}\n\n"), head: head.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    /// The table, and a sentence below it.
    pub(super) fn end(mut self, note: &str) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().chain([&self.head]).filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let mut lines = vec![self.head.clone(), widths.iter().map(|width| "-".repeat(*width)).collect()];
        lines.append(&mut self.rows);
        for line in lines {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!(" {cell:<width$} "));
            // Writing to a string does not fail.
            let _ = writeln!(self.text, "|{}|", cells.collect::<Vec<_>>().join("|"));
        }
        if !note.is_empty() {
            let _ = writeln!(self.text, "\n{note}");
        }
        self.text
    }
}

/// The value in the middle; zero of none.
pub(super) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2) {
        (Some(value), 1) => *value,
        (Some(value), _) => f64::midpoint(values[middle - 1], *value),
        (None, _) => 0.0,
    }
}

/// A ratio that should be on one side of a bound.
pub(super) fn verdict(holds: bool) -> &'static str {
    if holds { "yes" } else { "NO" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_columns() {
        assert_eq!([median([]), median([3.0, 1.0, 2.0]), median([4.0, 1.0])], [0.0, 2.0, 2.5]);
        let mut table = Table::new("T", ["a", "long"]);
        table.row(["wide".to_owned(), "µ".to_owned()]);
        assert_eq!(table.end("n"), "## T\n\n| a    | long |\n| ---- | ---- |\n| wide | µ    |\n\nn\n");
    }
}
