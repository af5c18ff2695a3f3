//! What a person sees, and what a program reads. All that a server sends is a stranger's text: what would act on a
//! terminal is written out, and each row is marked.

use std::io::{self, IsTerminal as _, Write as _};

use mcp_support::{cli::has_colour, visible};
use rmcp::model::Tool;
use serde_json::{Value, json};

use super::session::Called;

/// Most letters of a result that are shown.
const MOST_LETTERS: usize = 200_000;

/// The terminal, or whatever stdout is.
#[derive(Debug, Clone, Default)]
pub(super) struct Screen {
    is_terminal: bool,
    has_colour: bool,
    columns: Option<usize>,
    #[cfg(test)]
    seen: Option<std::sync::Arc<std::sync::Mutex<String>>>,
}

/// How a text is set off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Strong,
    Good,
    Bad,
    Faint,
}

impl Screen {
    /// Of this process.
    pub(super) fn new() -> Self {
        let stdout = io::stdout();
        Self { is_terminal: stdout.is_terminal(), has_colour: has_colour(&stdout), ..Self::default() }
    }

    /// One that only the test sees.
    #[cfg(test)]
    pub(super) fn seen_by(seen: &std::sync::Arc<std::sync::Mutex<String>>) -> Self {
        Self { columns: Some(100), seen: Some(seen.clone()), ..Self::default() }
    }

    /// A line of this program's own.
    ///
    /// # Errors
    /// Nobody can read it.
    pub(super) fn say(&self, style: Style, text: &str) -> io::Result<()> {
        let wrapped = wrap(text, self.columns());
        self.raw(&format!("{}\n", self.painted(style, &wrapped)))
    }

    /// What a tool has answered.
    ///
    /// # Errors
    /// Nobody can read it.
    pub(super) fn called(&self, called: &Called, json: bool) -> io::Result<()> {
        if json {
            return self.object(&as_json(called));
        }
        self.raw(&self.result(called))
    }

    /// The tools, by number.
    ///
    /// # Errors
    /// Nobody can read it.
    pub(super) fn menu(&self, tools: &[Tool]) -> io::Result<()> {
        let names: Vec<String> = tools.iter().map(|tool| line(&tool.name, 40)).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for (number, (tool, name)) in (1..).zip(tools.iter().zip(&names)) {
            let about = line(tool.description.as_deref().unwrap_or_default(), 300);
            let indent = 6 + width;
            let about =
                wrap(&about, self.columns().saturating_sub(indent)).replace('\n', &format!("\n{}", " ".repeat(indent)));
            let padded = format!("{name:<width$}");
            self.raw(&format!("{number:>3} {}  {about}\n", self.painted(Style::Strong, &padded)))?;
        }
        Ok(())
    }

    /// One JSON object on a line.
    ///
    /// # Errors
    /// Nobody can read it.
    pub(super) fn object(&self, object: &Value) -> io::Result<()> {
        self.raw(&format!("{}\n", visible::json(&object.to_string())))
    }

    fn result(&self, called: &Called) -> String {
        let text: String = called.text().chars().take(MOST_LETTERS).collect();
        let columns = self.columns();
        let marked = visible::block(&wrap(&visible::visible(&text), columns.saturating_sub(5)));
        let marked = if self.is_terminal { visible::rows(&marked, columns) } else { marked };
        let painted: String = marked.lines().map(|row| format!("{}\n", self.row(row, called.is_error()))).collect();
        let verdict = match called.is_error() {
            true => self.painted(Style::Bad, &format!("{} failed", line(&called.tool, 120))),
            false => self.painted(Style::Good, &line(&called.tool, 120)),
        };
        let took = self.painted(Style::Faint, &format!("in {} ms", called.took.as_millis()));
        format!("{painted}{verdict} {took}\n")
    }

    /// Headings and numbers of a list stand out; a failure is red.
    fn row(&self, row: &str, is_error: bool) -> String {
        let text = row.strip_prefix("  | ").unwrap_or(row);
        let is_item = text.split_once(['.', ')']).is_some_and(|(number, _)| number.parse::<u32>().is_ok());
        match (is_error, text.starts_with('#') || is_item, text.trim_start().starts_with("http")) {
            (true, ..) => self.painted(Style::Bad, row),
            (_, true, _) => self.painted(Style::Strong, row),
            (.., true) => self.painted(Style::Faint, row),
            _ => row.to_owned(),
        }
    }

    fn columns(&self) -> usize {
        match self.columns {
            Some(columns) => columns,
            None if self.is_terminal => visible::columns(),
            // A file has no width: nothing is broken.
            None => usize::MAX,
        }
    }

    fn painted(&self, style: Style, text: &str) -> String {
        let code = match style {
            _ if !self.has_colour => return text.to_owned(),
            Style::Plain => return text.to_owned(),
            Style::Strong => "1",
            Style::Good => "32",
            Style::Bad => "31",
            Style::Faint => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    fn raw(&self, text: &str) -> io::Result<()> {
        #[cfg(test)]
        if let Some(seen) = &self.seen {
            seen.lock().expect("no test fails while it writes").push_str(text);
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }
}

/// A call for a program.
pub(super) fn as_json(called: &Called) -> Value {
    let mut object = json!({
        "tool": called.tool,
        "arguments": called.arguments,
        "is_error": called.is_error(),
        "milliseconds": u64::try_from(called.took.as_millis()).unwrap_or(u64::MAX),
        "text": called.text(),
    });
    if let (Some(structured), Some(object)) = (called.structured(), object.as_object_mut()) {
        object.insert("structured".to_owned(), structured.clone());
    }
    object
}

/// A stranger's text on one line, made visible, cut to so many letters.
pub(super) fn line(text: &str, most: usize) -> String {
    visible::one_line(text, most)
}

/// Lines that are no wider than this, broken between words where there are any.
fn wrap(text: &str, columns: usize) -> String {
    let columns = columns.max(20);
    let width = |text: &str| text.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let mut wrapped = String::with_capacity(text.len());
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            wrapped.push('\n');
        }
        let blanks = line.len() - line.trim_start_matches(' ').len();
        let indent = &line[..blanks.min(columns / 2)];
        wrapped.push_str(indent);
        let mut used = indent.len();
        for (place, word) in line[blanks..].split(' ').enumerate() {
            let needed = width(word) + usize::from(place > 0);
            if place > 0 && used + needed > columns {
                wrapped.push('\n');
                wrapped.push_str(indent);
                used = indent.len();
            } else if place > 0 {
                wrapped.push(' ');
                used += 1;
            }
            wrapped.push_str(word);
            used += width(word);
        }
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rmcp::model::{CallToolResult, ContentBlock};
    use serde_json::Map;

    use super::*;

    fn called(text: &str, is_error: bool) -> Called {
        let content = vec![ContentBlock::text(text)];
        let result = if is_error { CallToolResult::error(content) } else { CallToolResult::success(content) };
        Called { tool: "qna".to_owned(), arguments: Map::new(), result: Ok(result), took: Duration::from_millis(7) }
    }

    #[test]
    fn words_stay_whole() {
        assert_eq!(wrap("one two three four five six", 20), "one two three four\nfive six");
        assert_eq!(wrap("  - a list that is too wide", 20), "  - a list that is\n  too wide");
        assert_eq!(wrap("a\n\nb", 80), "a\n\nb");
        assert_eq!(wrap(&"x".repeat(30), 20), "x".repeat(30), "rows break what has no blanks");
        assert_eq!(wrap("語語語語語 語語語語語", 20), "語語語語語\n語語語語語");
    }

    #[test]
    fn a_stranger_writes_no_line_of_ours() {
        let screen = Screen { is_terminal: true, has_colour: true, columns: Some(40), seen: None };
        let shown = screen.result(&called("fine\nsearch> \u{1b}[2J\u{202e}evil\u{7}", false));
        assert_eq!(
            shown,
            "  | fine\n  | search> \\u{1b}[2J\\u{202e}evil\\u{7}\n\u{1b}[32mqna\u{1b}[0m \u{1b}[2min 7 ms\u{1b}[0m\n"
        );
        let long = screen.result(&called(&"x".repeat(100), true));
        assert!(long.lines().rev().skip(1).all(|row| row.starts_with("\u{1b}[31m  | ")), "{long}");
    }

    #[test]
    fn colour_is_for_terminals() {
        let file = Screen::default();
        let text =
            "1. A heading\nhttps://a.example/ and words that go on and on and on and on and on and on and on and on";
        assert_eq!(file.result(&called(text, false)), format!("  | {}\nqna in 7 ms\n", text.replace('\n', "\n  | ")));
        let terminal = Screen { is_terminal: true, has_colour: true, columns: Some(200), seen: None };
        assert!(terminal.result(&called(text, false)).starts_with("\u{1b}[1m  | 1. A heading\u{1b}[0m\n\u{1b}[2m"));
    }

    #[test]
    fn a_program_reads_an_object() {
        let object = as_json(&called("no", true));
        assert_eq!(object, json!({"tool": "qna", "arguments": {}, "is_error": true, "milliseconds": 7, "text": "no"}));
    }
}
