//! Tesseract's table of words (`tsv`), put together to lines.

use super::checks;
use crate::{
    engines::{RecognizedLine, RecognizedText},
    vision::BoundingBox,
};

/// Reads Tesseract's table: a heading, then rows of 12 columns between tabs.
pub(super) fn parse(tsv: &str, engine: String) -> RecognizedText {
    let words: Vec<Word<'_>> = tsv.lines().filter_map(word).collect();
    let lines: Vec<RecognizedLine> = words.chunk_by(|a, b| a.line == b.line).map(line).collect();
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    RecognizedText { engine, text: texts.join("\n"), lines }
}

/// A word of Tesseract's table: row level 5. `line` tells lines apart: page, block, paragraph, line.
struct Word<'a> {
    line: [u32; 4],
    bounds: BoundingBox,
    confidence: f64,
    text: &'a str,
}

fn word(row: &str) -> Option<Word<'_>> {
    let columns: Vec<&str> = row.splitn(12, '\t').collect();
    let [level, page, block, paragraph, line, _, x, y, width, height, confidence, text] = columns[..] else {
        return None;
    };
    let text = text.trim();
    if level != "5" || text.is_empty() {
        return None;
    }
    let number = |column: &str| column.parse().ok();
    Some(Word {
        line: [number(page)?, number(block)?, number(paragraph)?, number(line)?],
        bounds: BoundingBox { x: number(x)?, y: number(y)?, width: number(width)?, height: number(height)? },
        // Per cent.
        confidence: confidence.parse::<f64>().ok()? / 100.0,
        text,
    })
}

fn line(words: &[Word<'_>]) -> RecognizedLine {
    let texts: Vec<&str> = words.iter().map(|word| word.text).collect();
    let total: f64 = words.iter().map(|word| word.confidence).sum();
    RecognizedLine {
        text: texts.join(" "),
        bounding_box: words.iter().map(|word| word.bounds).reduce(union),
        confidence: Some(checks::probability(total / words.len() as f64)),
    }
}

fn union(a: BoundingBox, b: BoundingBox) -> BoundingBox {
    let (x, y) = (a.x.min(b.x), a.y.min(b.y));
    let right = a.x.saturating_add(a.width).max(b.x.saturating_add(b.width));
    let bottom = a.y.saturating_add(a.height).max(b.y.saturating_add(b.height));
    BoundingBox { x, y, width: right - x, height: bottom - y }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As Tesseract 5.3.0 printed it for a picture of two lines of DejaVu Sans.
    const TWO_LINES: &str = "\
level	page_num	block_num	par_num	line_num	word_num	left	top	width	height	conf	text
1	1	0	0	0	0	0	0	700	200	-1	
2	1	1	0	0	0	23	33	520	28	-1	
4	1	1	1	1	0	23	33	520	28	-1	
5	1	1	1	1	1	23	33	124	28	96.496895	Invoice
5	1	1	1	1	2	162	34	87	26	96.583481	4711
5	1	2	1	1	0	22	113	90	31	95.000000	 
5	1	2	1	1	1	22	113	128	28	95.944298	Second
5	1	2	1	1	2	167	113	104	31	93.162819	\"line\",
";

    #[test]
    fn words_become_lines() {
        let read = parse(TWO_LINES, "test".to_owned());
        assert_eq!(read.text, "Invoice 4711\nSecond \"line\",");
        let bounds = BoundingBox { x: 23, y: 33, width: 226, height: 28 };
        assert_eq!(read.lines[0].bounding_box, Some(bounds));
        assert_eq!(read.lines[0].confidence, Some(0.965));
        assert_eq!(read.lines[1].confidence, Some(0.946));
        let blank = parse("level\tpage_num\n1\t1\t0\t0\t0\t0\t0\t0\t100\t100\t-1\t\n", String::new());
        assert_eq!((blank.text.as_str(), blank.lines.len()), ("", 0));
    }

    proptest! {
        #[test]
        fn no_output_panics(tsv in "((5|[0-9]{1,11}|-1|NaN|x)\t?){0,13}\n?5(\t[0-9]{1,10}){9}\t[-0-9e.]{1,5}\tx\n?.{0,40}") {
            let read = parse(&tsv, String::new());
            prop_assert!(read.lines.iter().all(|line| !line.text.is_empty()));
        }
    }
}
