//! (2) Chunks that follow the structure of a text: sections and tables, functions, paragraphs.

use std::{ops::Range, sync::LazyLock};

use sha2::{Digest as _, Sha256};
use text_splitter::{Characters, ChunkConfig, CodeSplitter, MarkdownSplitter, TextSplitter};

use crate::{
    document::{Document, Kind},
    tokens::Encoding,
    units::{Unit, units},
};

/// A chunk ends at the first boundary behind so many characters, where there is one before [`MOST`].
const WANTED: usize = 300;
/// Longest chunk, in characters.
const MOST: usize = 450;
/// What a chunk repeats of the one before it, at most, in characters. Code repeats nothing: a function stands alone.
const OVERLAP: usize = 60;
/// Longest comment that a chunk of code takes with it, in bytes, beyond its own length.
const MOST_COMMENT: usize = 400;
/// A line with more bytes is no line that somebody wrote.
const LONG_LINE: usize = 8192;
/// Levels of headings that a chunk remembers.
const LEVELS: usize = 6;

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// 16 hexadecimal digits made of the document's id, where the chunk begins and what it says: the same text has the
    /// same id tomorrow, wherever the document stands in the corpus.
    pub id: String,
    /// Bytes of the document's text.
    pub span: Range<usize>,
    /// Headings above it, the outermost first.
    pub headings: Vec<String>,
    /// The head of the table that it goes on with, as bytes of the document's text.
    pub table_head: Option<Range<usize>>,
    /// Tokens of its text, exactly.
    pub tokens: usize,
    /// The passages that begin in it, in order.
    pub units: Vec<Unit>,
}

impl Chunk {
    /// Its text.
    pub fn text<'a>(&self, document: &'a Document) -> &'a str {
        &document.text[self.span.clone()]
    }

    /// What an index should read: where the chunk stands, and what it says.
    pub fn for_index(&self, document: &Document) -> String {
        let head = self.table_head.clone().map_or("", |head| &document.text[head]);
        let above = self.headings.join(". ");
        format!("{}. {above}\n{head}\n{}", document.about.title, self.text(document))
    }
}

/// Cuts a document. The chunks are in order, and all of its words are in one of them.
pub fn chunks(document: &Document, encoding: Encoding) -> Vec<Chunk> {
    let headings = headings(document);
    // What begins with a heading stands under it.
    let above = |start: usize| headings.iter().rev().find(|(at, _)| *at <= start).map(|(_, path)| path.clone());
    let found = spans(document).into_iter().map(|span| {
        let text = &document.text[span.clone()];
        let id = id(&document.id, span.start, text);
        let (headings, table_head) = (above(span.start).unwrap_or_default(), table_head(&document.text, span.start));
        Chunk { id, headings, table_head, tokens: encoding.count(text), units: Vec::new(), span }
    });
    let mut found: Vec<Chunk> = found.collect();
    for span in units(document) {
        let at = found.partition_point(|chunk| chunk.span.start <= span.start).saturating_sub(1);
        let Some(chunk) = found.get_mut(at) else { continue };
        let (headings, table_head) = (above(span.start).unwrap_or_default(), table_head(&document.text, span.start));
        chunk.units.push(Unit::new(document, span, headings, table_head, encoding));
    }
    found
}

fn spans(document: &Document) -> Vec<Range<usize>> {
    if document.text.lines().any(|line| line.len() > LONG_LINE) {
        // The splitters look far ahead for a boundary, which takes forever where a million letters have none.
        let splitter = TextSplitter::new(prose());
        let blocks = blocks(&document.text).into_iter();
        return blocks
            .flat_map(|block| {
                let pieces = splitter.chunk_indices(&document.text[block.clone()]);
                pieces.map(|(at, piece)| block.start + at..block.start + at + piece.len()).collect::<Vec<_>>()
            })
            .collect();
    }
    static MARKDOWN: LazyLock<MarkdownSplitter<Characters>> = LazyLock::new(|| MarkdownSplitter::new(prose()));
    static TEXT: LazyLock<TextSplitter<Characters>> = LazyLock::new(|| TextSplitter::new(prose()));
    static RUST: LazyLock<Option<CodeSplitter<Characters>>> =
        LazyLock::new(|| CodeSplitter::new(tree_sitter_rust::LANGUAGE, WANTED..MOST).ok());
    static PYTHON: LazyLock<Option<CodeSplitter<Characters>>> =
        LazyLock::new(|| CodeSplitter::new(tree_sitter_python::LANGUAGE, WANTED..MOST).ok());
    let text = document.text.as_str();
    let span = |(start, piece): (usize, &str)| start..start + piece.len();
    match (document.kind, &*RUST, &*PYTHON) {
        (Kind::Markdown | Kind::Html, ..) => MARKDOWN.chunk_indices(text).map(span).collect(),
        (Kind::Rust, Some(splitter), _) | (Kind::Python, _, Some(splitter)) => {
            with_comments(text, splitter.chunk_indices(text).map(span).collect())
        }
        _ => TEXT.chunk_indices(text).map(span).collect(),
    }
}

/// Parts of a text that are at most [`LONG_LINE`] bytes long, cut behind a space where there is one.
fn blocks(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut start) = (Vec::new(), 0);
    while start < text.len() {
        let most = text.floor_char_boundary(start + LONG_LINE);
        let space = text[start..most].rfind(char::is_whitespace).filter(|at| *at > 0 && most < text.len());
        let end = space.map_or(most, |at| start + at);
        found.push(start..end);
        start = end;
    }
    found
}

/// A comment, or an attribute, belongs to what follows it: the splitter knows them as neighbours only.
fn with_comments(text: &str, mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    for at in 1..spans.len() {
        let (before, mut start) = (spans[at - 1].clone(), spans[at].start);
        // What stands on the line before the chunk, if only space does, is the chunk's own.
        let line = text[..start].rfind('\n').map_or(0, |end| end + 1);
        if !text[line..start].trim().is_empty() {
            continue;
        }
        let mut first = line;
        while first > before.start {
            let above = text[..first - 1].rfind('\n').map_or(0, |end| end + 1);
            let words = text[above..first].trim();
            let belongs = ["//", "#", "@", "/*", "*"].iter().any(|sign| words.starts_with(sign));
            if above <= before.start || !belongs || line - above > MOST_COMMENT {
                break;
            }
            (first, start) = (above, above + text[above..first].len() - text[above..first].trim_start().len());
        }
        let end = before.start + text[before.start..start.min(before.end)].trim_end().len();
        if end > before.start {
            spans[at - 1].end = end;
            spans[at].start = start;
        }
    }
    spans
}

fn prose() -> ChunkConfig<Characters> {
    ChunkConfig::new(WANTED..MOST).with_overlap(OVERLAP).expect("the overlap is shorter than a chunk")
}

/// Where each heading begins, with the path that leads to it.
fn headings(document: &Document) -> Vec<(usize, Vec<String>)> {
    if !matches!(document.kind, Kind::Markdown | Kind::Html) {
        return Vec::new();
    }
    let (mut found, mut path): (Vec<_>, Vec<(usize, String)>) = (Vec::new(), Vec::new());
    let (mut at, mut is_fenced) = (0, false);
    for line in document.text.split_inclusive('\n') {
        let trimmed = line.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            is_fenced = !is_fenced;
        }
        let level = trimmed.bytes().take_while(|byte| *byte == b'#').count();
        let is_heading = (1..=LEVELS).contains(&level) && trimmed[level..].starts_with(' ');
        if is_heading && !is_fenced {
            path.retain(|(above, _)| *above < level);
            path.push((level, trimmed[level..].trim().trim_end_matches('#').trim().to_owned()));
            // The title of the document is known without being said again.
            let names = path.iter().map(|(_, name)| name.clone()).filter(|name| *name != document.about.title);
            found.push((at, names.collect()));
        }
        at += line.len();
    }
    found
}

/// The first two lines of the table that goes on at `start`, if it begins before.
fn table_head(text: &str, start: usize) -> Option<Range<usize>> {
    let is_row = |line: &str| line.trim_start().starts_with('|');
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    if !is_row(text[line_start..].lines().next()?) {
        return None;
    }
    let mut first = line_start;
    while first > 0 {
        let before = text[..first - 1].rfind('\n').map_or(0, |at| at + 1);
        if !is_row(&text[before..first - 1]) {
            break;
        }
        first = before;
    }
    let head: usize = text[first..].split_inclusive('\n').take(2).map(str::len).sum();
    let rule = text[first..].lines().nth(1)?;
    let is_table = rule.contains("--") && rule.chars().all(|sign| "|-: ".contains(sign));
    (is_table && first + head <= start).then(|| first..(first + head).min(text.len()))
}

fn id(document: &str, start: usize, text: &str) -> String {
    let digest = Sha256::new().chain_update(document).chain_update([0]).chain_update(start.to_be_bytes());
    let digest = digest.chain_update(text).finalize();
    digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::About;

    fn document(kind: Kind, text: &str) -> Document {
        Document::new("d", kind, text, About::default()).expect("a document")
    }

    fn cut(document: &Document) -> Vec<Chunk> {
        chunks(document, Encoding::O200kBase)
    }

    #[test]
    fn headings_lead_to_a_chunk() {
        let filler = "A sentence about the network and what it does. ".repeat(8);
        let text =
            format!("# Gate\n\n{filler}\n\n## Limits\n\n{filler}\n\n### Burst\n\n{filler}\n\n## Errors\n\n{filler}");
        let document = document(Kind::Markdown, &text);
        let paths: Vec<String> = cut(&document).iter().map(|chunk| chunk.headings.join(" > ")).collect();
        for expected in ["", "Limits", "Limits > Burst", "Errors"] {
            assert!(paths.iter().any(|path| path == expected), "{expected:?} in {paths:?}");
        }
    }

    #[test]
    fn a_long_table_keeps_its_head() {
        let rows: String = (0..60).map(|row| format!("| station {row} | {row}00 metres |\n")).collect();
        let document = document(Kind::Markdown, &format!("Stations:\n\n| name | height |\n|---|---:|\n{rows}"));
        let chunks = cut(&document);
        assert!(chunks.len() > 2);
        let goes_on = |chunk: &&Chunk| chunk.text(&document).starts_with("| station");
        assert!(chunks.iter().filter(goes_on).count() > 2);
        for chunk in chunks.iter().filter(goes_on) {
            let head = chunk.table_head.clone().expect("a head");
            assert_eq!(&document.text[head], "| name | height |\n|---|---:|\n");
            assert!(chunk.for_index(&document).contains("height"));
        }
        assert_eq!(chunks[0].table_head, None);
    }

    #[test]
    fn code_is_cut_between_functions() {
        let function = |n: usize| {
            format!("/// Number {n}.\nfn f{n}() -> u32 {{\n    let x = {n};\n{}    x\n}}\n", "    // more\n".repeat(25))
        };
        let document = document(Kind::Rust, &(0..6).map(function).collect::<Vec<_>>().join("\n"));
        for chunk in cut(&document) {
            assert!(chunk.text(&document).trim_start().starts_with("/// Number"), "{}", chunk.text(&document));
        }
    }

    #[test]
    fn a_long_line_is_cut_in_blocks() {
        let text = format!("start {} end", "x".repeat(60_000));
        let document = document(Kind::Text, &text);
        let kept: usize = blocks(&document.text).iter().map(ExactSizeIterator::len).sum();
        assert_eq!(kept, document.text.len());
        let chunks = cut(&document);
        assert!(chunks.iter().all(|chunk| chunk.span.len() <= MOST) && chunks.len() > 130);
        assert!(chunks.windows(2).all(|pair| pair[0].span.start < pair[1].span.start));
    }

    #[test]
    fn ids_are_stable() {
        let one = document(Kind::Text, "The same words.");
        assert_eq!(cut(&one)[0].id, cut(&one.clone())[0].id);
        let other = Document { id: "e".to_owned(), ..one.clone() };
        assert_ne!(cut(&one)[0].id, cut(&other)[0].id);
    }

    proptest! {
        #[test]
        fn every_word_is_in_a_chunk(text in "(#{1,3} [a-z]{1,9}\n|[a-z]{1,12} |\\PC|\\| a \\| b \\|\n|\n\n|```\n){1,300}") {
            for kind in [Kind::Markdown, Kind::Text, Kind::Rust, Kind::Python] {
                let Ok(document) = Document::new("d", kind, &text, About::default()) else { continue };
                let chunks = cut(&document);
                let mut covered = vec![false; document.text.len()];
                for chunk in &chunks {
                    prop_assert!(chunk.text(&document).chars().count() <= MOST + MOST_COMMENT);
                    prop_assert_eq!(chunk.tokens, Encoding::O200kBase.count(chunk.text(&document)));
                    covered[chunk.span.clone()].fill(true);
                }
                prop_assert!(chunks.windows(2).all(|pair| pair[0].span.start < pair[1].span.start));
                let lost = document.text.char_indices().find(|(at, letter)| !covered[*at] && !letter.is_whitespace());
                prop_assert_eq!(lost, None, "{}", kind);
            }
        }
    }
}
