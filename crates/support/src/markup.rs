//! HTML of strangers, which is read no further than a bound allows.
//!
//! A page of nothing but openings keeps a parser busy for minutes, because it looks through all elements that are open at
//! each further one; and what walks the tree afterwards by recursion runs out of stack. What ends an element is a matter of
//! many rules, so nothing but the parser itself tells how deep a page is. It is given a little at a time here, and asked.

use html5ever::{
    driver::{ParseOpts, parse_document},
    tendril::{StrTendril, TendrilSink as _},
    tree_builder::TreeBuilderOpts,
};
use scraper::{Html, HtmlTreeSink};

/// Bytes between two looks at the tree: what they may add is bounded by them.
const STEP: usize = 512;

/// How much is read.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Nodes inside of each other.
    pub depth: usize,
    /// Nodes of all kinds. A few bytes may make many of them: a paragraph opens again what another has left open.
    pub nodes: usize,
}

/// Why a page is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// Too deep.
    #[error("it has more than {0} elements inside of each other")]
    Depth(usize),
    /// Too large.
    #[error("it has more than {0} elements and pieces of text")]
    Nodes(usize),
}

/// The tree of a page. Takes a time that grows with the length of the page and with the bounds, and with nothing else.
///
/// # Errors
/// A bound is passed; the rest of the page was not looked at.
pub fn parsed(html: &str, bounds: Bounds) -> Result<Html, TooMuch> {
    let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let opts = ParseOpts { tree_builder, ..ParseOpts::default() };
    let mut parser = parse_document(HtmlTreeSink::new(Html::new_document()), opts);
    let (mut rest, mut seen) = (html, 0);
    while !rest.is_empty() {
        let (step, after) = rest.split_at(rest.floor_char_boundary(STEP));
        rest = after;
        parser.process(StrTendril::from_slice(step));
        let page = parser.tokenizer.sink.sink.0.borrow();
        seen += added(&page, seen, bounds)?;
    }
    let page = parser.finish();
    added(&page, seen, bounds)?;
    // What was misnested has been moved since it was seen.
    added(&page, 0, bounds)?;
    Ok(page)
}

/// Nodes that are new since there were `seen` of them.
fn added(page: &Html, seen: usize, bounds: Bounds) -> Result<usize, TooMuch> {
    let nodes = page.tree.nodes();
    if nodes.len() > bounds.nodes {
        return Err(TooMuch::Nodes(bounds.nodes));
    }
    let new = nodes.len().saturating_sub(seen);
    let is_deep = page.tree.nodes().rev().take(new).any(|node| node.ancestors().nth(bounds.depth).is_some());
    if is_deep { Err(TooMuch::Depth(bounds.depth)) } else { Ok(new) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { depth: 100, nodes: 20_000 };

    #[test]
    fn a_page_is_read_as_the_parser_reads_it() {
        let html = "<p>\u{e4}<b>b".repeat(40) + "</b>";
        assert_eq!(parsed(&html, BOUNDS).expect("small").html(), Html::parse_document(&html).html());
    }

    #[test]
    fn what_is_deep_is_left_early() {
        let shapes = ["<b>", "<div>", "<div></x>", "<span><div></span></div>", "<b><p></b>", "<table><td>", "<ul><li>"];
        for shape in shapes.iter().chain(&["<svg><g>", "<x/>", "<p><b a=1></p>x", "<!----><i>", "<a><table>"]) {
            let html = shape.repeat(1_000_000 / shape.len());
            let page = parsed(&html, BOUNDS).map(|page| page.tree.nodes().len());
            assert!(matches!(page, Err(TooMuch::Depth(100) | TooMuch::Nodes(20_000))), "{shape}: {page:?}");
        }
    }

    #[test]
    fn a_few_bytes_make_no_more_nodes_than_are_allowed() {
        let opened: String = (0..90).map(|n| format!("<b id={n}>")).collect();
        let html = format!("<p>{opened}{}", "<p>x".repeat(250_000));
        assert_eq!(parsed(&html, BOUNDS).map(|_| ()), Err(TooMuch::Nodes(20_000)));
    }

    #[test]
    fn at_the_bound_it_is_read() {
        // The document, html and body are above it, and a text in it.
        let deep = |depth: usize| format!("{}x", "<div>".repeat(depth));
        assert!(parsed(&deep(97), BOUNDS).is_ok());
        assert_eq!(parsed(&deep(98), BOUNDS).map(|_| ()), Err(TooMuch::Depth(100)));
    }
}
