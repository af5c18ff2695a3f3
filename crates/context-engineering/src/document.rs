//! Documents: what somebody hands in, cleaned and bounded, with what is known about it.

use std::{fmt, path::Path, str::FromStr};

use chrono::NaiveDate;
use dom_smoothie::{Config, Readability, TextMode};
use mcp_support::markup::{Bounds, TooMuch, parsed};
use schemars::JsonSchema;
use scraper::Html;
use serde::{Deserialize, Serialize};

use crate::untrusted::{clean, reads_like_an_instruction};

/// Longest document, in bytes.
pub const MOST_BYTES: usize = 1024 * 1024;
/// Longest id, title, source or category, in characters.
pub const MOST_NAME: usize = 200;
/// What is read of a page. What looks for its article walks the tree by recursion, and takes time by the square of the depth.
const PAGE: Bounds = Bounds { depth: 100, nodes: 100_000 };
/// Pages with more elements are read as all of their visible words.
const MOST_ELEMENTS: usize = 10_000;

/// How a document is written, which decides where it may be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Kind {
    /// Headings, lists, tables, fences.
    Markdown,
    /// A page, which becomes Markdown.
    Html,
    /// Paragraphs.
    Text,
    /// Rust, cut between items.
    Rust,
    /// Python, cut between definitions.
    Python,
}

impl Kind {
    /// By the end of a file's name; everything else that is text is text.
    pub fn of(path: &Path) -> Self {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
        match end.as_str() {
            "md" | "markdown" => Self::Markdown,
            "html" | "htm" | "xhtml" => Self::Html,
            "rs" => Self::Rust,
            "py" => Self::Python,
            _ => Self::Text,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Text => "text",
            Self::Rust => "rust",
            Self::Python => "python",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is known about a document, besides its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// What it is called. Taken from the text where it is empty.
    pub title: String,
    /// Where it comes from, such as `wiki` or `mail`.
    pub source: String,
    /// What sort of document it is, such as `decision`.
    pub category: String,
    /// When it was written.
    pub date: Option<NaiveDate>,
}

/// A document, ready to be cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its name in this corpus.
    pub id: String,
    /// What is known about it.
    pub about: About,
    /// How it was written. A page's text is Markdown by now.
    pub kind: Kind,
    /// The clean text. Byte spans of chunks are spans of this.
    pub text: String,
    /// Characters that were taken out of the text.
    pub removed: usize,
    /// Whether a part of it reads as if it told a model what to do.
    pub is_suspicious: bool,
}

/// Why something is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The id has characters that would make it no name.
    #[error("'{0}' is no id of a document: use 1 to 200 letters, digits and any of ._/-")]
    Id(String),
    /// Nothing to read.
    #[error("document '{0}' has no text")]
    Empty(String),
    /// Longer than [`MOST_BYTES`].
    #[error("document '{0}' has {1} bytes: at most {MOST_BYTES} are read")]
    Long(String, usize),
    /// A page that takes too long to be read.
    #[error("document '{0}' is no page that is read: {1}; send its text as Markdown or as plain text")]
    Page(String, TooMuch),
    /// Not `YYYY-MM-DD`.
    #[error("'{0}' is no date: write it like 2026-03-31")]
    Date(String),
}

impl Document {
    /// Cleans a text and what is said about it.
    ///
    /// # Errors
    /// See [`DocumentError`].
    pub fn new(id: &str, kind: Kind, text: &str, about: About) -> Result<Self, DocumentError> {
        if !is_id(id) {
            return Err(DocumentError::Id(clean(id).text.chars().take(80).collect()));
        }
        if text.len() > MOST_BYTES {
            return Err(DocumentError::Long(id.to_owned(), text.len()));
        }
        let (page_title, text) = match kind {
            Kind::Html => readable(text).map_err(|error| DocumentError::Page(id.to_owned(), error))?,
            _ => (String::new(), text.to_owned()),
        };
        let cleaned = clean(&text);
        let text = cleaned.text.trim_end().to_owned();
        if text.trim().is_empty() {
            return Err(DocumentError::Empty(id.to_owned()));
        }
        // A name that reads like an instruction is none: it would stand where no marks are.
        let plain = |text: &str| Some(name(text)).filter(|name| !reads_like_an_instruction(name)).unwrap_or_default();
        let mut about = About {
            title: plain(&about.title),
            source: plain(&about.source),
            category: plain(&about.category),
            date: about.date,
        };
        if about.title.is_empty() {
            let page_title = plain(&page_title);
            let found = if page_title.is_empty() { plain(&title_of(&text, kind, id)) } else { page_title };
            about.title = if found.is_empty() { name(id) } else { found };
        }
        let is_suspicious = reads_like_an_instruction(&text);
        Ok(Self { id: id.to_owned(), about, kind, text, removed: cleaned.removed, is_suspicious })
    }
}

/// Reads `YYYY-MM-DD`.
///
/// # Errors
/// It is no such date.
pub fn date(text: &str) -> Result<NaiveDate, DocumentError> {
    NaiveDate::from_str(text).map_err(|_| DocumentError::Date(clean(text).text.chars().take(40).collect()))
}

fn is_id(id: &str) -> bool {
    let is_short = (1..=MOST_NAME).contains(&id.chars().count());
    is_short && id.chars().all(|letter| letter.is_alphanumeric() || "._/-".contains(letter)) && !id.contains("..")
}

fn name(text: &str) -> String {
    let line = clean(text).text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(MOST_NAME).collect()
}

/// A heading, or the first line, or the id.
fn title_of(text: &str, kind: Kind, id: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let found = match kind {
        Kind::Markdown | Kind::Html => lines.find_map(|line| line.strip_prefix("# ")),
        Kind::Text => lines.next(),
        Kind::Rust | Kind::Python => None,
    };
    name(found.unwrap_or(id))
}

/// Title and text of a page, without navigation and scripts, as Markdown.
fn readable(html: &str) -> Result<(String, String), TooMuch> {
    let page = parsed(html, PAGE)?;
    let config = Config {
        text_mode: TextMode::Markdown,
        char_threshold: 100,
        max_elements_to_parse: MOST_ELEMENTS,
        ..Config::default()
    };
    let article = Readability::new(html, None, Some(config)).and_then(|mut page| page.parse());
    Ok(match article {
        Ok(article) if article.text_content.trim().len() >= 40 => (article.title, article.text_content.to_string()),
        // Too short or too large for an article: every visible word.
        _ => (String::new(), visible(&page)),
    })
}

fn visible(page: &Html) -> String {
    let mut text = String::new();
    for node in page.tree.root().descendants() {
        let Some(words) = node.value().as_text() else { continue };
        let is_hidden = node
            .ancestors()
            .filter_map(|above| above.value().as_element().map(|tag| tag.name()))
            .any(|tag| matches!(tag, "script" | "style" | "noscript" | "template" | "head"));
        if !is_hidden && !words.trim().is_empty() {
            text.push_str(words.trim());
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(kind: Kind, text: &str) -> Document {
        Document::new("a", kind, text, About::default()).expect("a document")
    }

    #[test]
    fn titles_come_from_the_text() {
        assert_eq!(document(Kind::Markdown, "intro\n\n# The gate\ntext").about.title, "The gate");
        assert_eq!(document(Kind::Text, "\nFrom: Ada\nHello").about.title, "From: Ada");
        assert_eq!(document(Kind::Rust, "fn main() {}").about.title, "a");
    }

    #[test]
    fn a_page_becomes_its_visible_text() {
        let page = "<html><head><title>Prices</title><script>alert(1)</script></head><body><nav>Home</nav>\
                    <p>A day costs 4 euros.</p></body></html>";
        let text = document(Kind::Html, page).text;
        assert!(text.contains("A day costs 4 euros.") && !text.contains("alert"), "{text}");
        let paragraphs: String =
            (0..9).map(|n| format!("<p>Paragraph {n}, which is long enough to be an article's.</p>")).collect();
        let table = "<table><tr><th>plan</th><th>price</th></tr><tr><td>Blue</td><td>9</td></tr></table>";
        let long = document(Kind::Html, &format!("<title>T</title><body><article>{paragraphs}{table}</article>"));
        assert!(long.text.contains("Paragraph 8") && long.text.contains("Blue"), "{}", long.text);
    }

    #[test]
    fn pages_that_are_deep_are_refused_and_those_at_the_bound_are_read() {
        let read = |html: String| Document::new("a.html", Kind::Html, &html, About::default());
        for html in ["<b>".repeat(5000) + "hi", "<div>".repeat(200_000) + "hi", "<b></b>".repeat(140_000) + "hi"] {
            let error = read(html).expect_err("too much").to_string();
            assert!(error.contains("it has more than") && error.contains("as plain text"), "{error}");
        }
        let deep = |tag: &str| format!("<{tag}>").repeat(97);
        let words = "It is long enough to be the text of an article, which is why it is looked at. ";
        let shapes = [
            deep("b") + words,
            deep("div") + words,
            "<div>".repeat(96) + &format!("<p>{words}</p>").repeat(9_000),
            // As many elements as there may be, each as deep as it may be.
            format!("{}<p>{words}</p>{}", "<div>".repeat(96), "</div>".repeat(96)).repeat(102),
            format!("<p>{words}").repeat(9_997),
            format!("<i>{}</i>", "x").repeat(45_000),
        ];
        for (at, html) in shapes.into_iter().enumerate() {
            assert!(read(html).is_ok(), "{at}");
        }
    }

    #[test]
    fn what_is_no_document_says_why() {
        for (id, text, expected) in [
            ("../up", "x", "is no id"),
            ("", "x", "is no id"),
            ("a b", "x", "is no id"),
            ("a", " \u{200b} ", "has no text"),
        ] {
            let error = Document::new(id, Kind::Text, text, About::default()).expect_err(id).to_string();
            assert!(error.contains(expected), "{error}");
        }
        let long = "x".repeat(MOST_BYTES + 1);
        let error = Document::new("a", Kind::Text, &long, About::default()).expect_err("long");
        assert!(error.to_string().contains("at most"), "{error}");
        assert_eq!(date("2026-02-30"), Err(DocumentError::Date("2026-02-30".to_owned())));
    }
}
