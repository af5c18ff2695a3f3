//! Just enough of Rust's grammar to tell code from comments and from the contents of literals.

use super::line_at;

/// A source file, read.
pub(crate) struct Rust<'a> {
    /// The file as it is.
    pub(super) text: &'a str,
    /// The same bytes, with comments and the contents of literals blanked out. Line breaks stay.
    pub(crate) code: String,
    /// `//` comments: place of the first slash, and the text to the end of the line.
    comments: Vec<(usize, &'a str)>,
    /// `/* */` comments, the same.
    blocks: Vec<(usize, &'a str)>,
}

/// A `//` comment that may go on over several lines.
pub(super) struct Remark {
    /// Line, from 1, of its first line.
    pub(super) line: usize,
    /// Its text without slashes, on one line.
    pub(super) text: String,
}

impl<'a> Rust<'a> {
    pub(crate) fn read(text: &'a str) -> Self {
        let (bytes, code) = (text.as_bytes(), text.as_bytes().to_vec());
        let mut scan = Scan { text, bytes, code, comments: Vec::new(), blocks: Vec::new() };
        scan.run();
        // Whole characters are blanked, so what is left is still UTF-8.
        let code = String::from_utf8_lossy(&scan.code).into_owned();
        Self { text, code, comments: scan.comments, blocks: scan.blocks }
    }

    /// Places in the code where `needle` stands as a whole word.
    pub(crate) fn words<'s>(&'s self, needle: &'s str) -> impl Iterator<Item = usize> + 's {
        let is_name = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let bytes = self.code.as_bytes();
        let ends_as_name = needle.ends_with(|last: char| last.is_ascii_alphanumeric() || last == '_');
        self.code.match_indices(needle).map(|(place, _)| place).filter(move |place| {
            let before = place.checked_sub(1).and_then(|before| bytes.get(before));
            let after = bytes.get(place + needle.len()).filter(|_| ends_as_name);
            !is_name(before) && !is_name(after)
        })
    }

    /// Attributes: the place of what stands between the brackets, and its code.
    pub(super) fn attributes(&self) -> Vec<(usize, &str)> {
        let mut found = Vec::new();
        for (place, _) in self.code.match_indices('#') {
            let inner = place + if self.code[place..].starts_with("#!") { 2 } else { 1 };
            let after = &self.code[inner..];
            if !after.starts_with('[') {
                continue;
            }
            let mut depth = 0_usize;
            let end = after.char_indices().find(|(_, character)| {
                match character {
                    '[' => depth += 1,
                    ']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0
            });
            if let Some((end, _)) = end {
                found.push((inner + 1, &after[1..end]));
            }
        }
        found
    }

    /// Comments that begin with `marker`, each with the comment lines that follow it.
    pub(super) fn remarks(&self, marker: &str) -> Vec<Remark> {
        let lines: Vec<(usize, &str)> = self
            .comments
            .iter()
            .map(|(place, text)| (line_at(self.text, *place), text.trim_start_matches(['/', '!']).trim()))
            .collect();
        let mut remarks = Vec::new();
        for (index, (line, text)) in lines.iter().enumerate() {
            let Some(first) = text.strip_prefix(marker) else {
                continue;
            };
            let mut whole = first.trim().to_owned();
            for (offset, (next, more)) in lines[index + 1..].iter().enumerate() {
                let ends = more.is_empty() || more.starts_with("Production:") || more.starts_with("Spec(");
                if *next != line + offset + 1 || ends {
                    break;
                }
                whole = format!("{whole} {more}");
            }
            remarks.push(Remark { line: *line, text: whole });
        }
        remarks
    }

    /// Whether a place is in the content of a literal.
    pub(super) fn is_literal(&self, place: usize) -> bool {
        let is_blank = self.code.as_bytes().get(place) == Some(&b' ') && self.text.as_bytes()[place] != b' ';
        let is_comment = |(start, text): &(usize, &str)| (*start..start + text.len()).contains(&place);
        is_blank && !self.comments.iter().chain(&self.blocks).any(is_comment)
    }

    /// The line, from 1, of a place.
    pub(super) fn line(&self, place: usize) -> usize {
        line_at(self.text, place)
    }
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    code: Vec<u8>,
    comments: Vec<(usize, &'a str)>,
    blocks: Vec<(usize, &'a str)>,
}

impl Scan<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while at < self.bytes.len() {
            let rest = &self.bytes[at..];
            at = match rest {
                [b'/', b'/', ..] => self.line_comment(at),
                [b'/', b'*', ..] => self.block_comment(at),
                [b'"', ..] => self.string(at),
                [b'r', b'"' | b'#', ..] if !self.is_inside_name(at) => self.raw_string(at),
                [b'\'', ..] => self.character(at),
                _ => at + 1,
            };
        }
    }

    fn line_comment(&mut self, start: usize) -> usize {
        let end = self.find(start, |rest| rest[0] == b'\n');
        self.comments.push((start, &self.text[start..end]));
        self.blank(start, end);
        end
    }

    fn block_comment(&mut self, start: usize) -> usize {
        let (mut at, mut depth) = (start + 2, 1);
        while at < self.bytes.len() && depth > 0 {
            let step = match &self.bytes[at..] {
                [b'/', b'*', ..] => (2, 1),
                [b'*', b'/', ..] => (2, -1),
                _ => (1, 0),
            };
            at += step.0;
            depth += step.1;
        }
        self.blocks.push((start, &self.text[start..at]));
        self.blank(start, at);
        at
    }

    fn string(&mut self, start: usize) -> usize {
        let mut at = start + 1;
        while at < self.bytes.len() && self.bytes[at] != b'"' {
            at += if self.bytes[at] == b'\\' { 2 } else { 1 };
        }
        let end = at.min(self.bytes.len());
        self.blank(start + 1, end);
        end + 1
    }

    fn raw_string(&mut self, start: usize) -> usize {
        let hashes = self.bytes[start + 1..].iter().take_while(|byte| **byte == b'#').count();
        let open = start + 1 + hashes;
        if self.bytes.get(open) != Some(&b'"') {
            // A raw name such as r#type.
            return open;
        }
        let closing: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
        let end = self.find(open + 1, |rest| rest.starts_with(&closing));
        self.blank(open + 1, end);
        end + closing.len()
    }

    /// A character literal, or the quote of a lifetime.
    fn character(&mut self, start: usize) -> usize {
        let rest = &self.text[start + 1..];
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let end = if rest.starts_with('\\') {
            // The escaped character may be a quote itself.
            self.find(start + 3, |rest| rest[0] == b'\'')
        } else if rest[first.min(rest.len())..].starts_with('\'') {
            start + 1 + first
        } else {
            return start + 1;
        };
        self.blank(start + 1, end);
        end + 1
    }

    fn find(&self, from: usize, fits: impl Fn(&[u8]) -> bool) -> usize {
        (from..self.bytes.len()).find(|at| fits(&self.bytes[*at..])).unwrap_or(self.bytes.len())
    }

    fn blank(&mut self, from: usize, to: usize) {
        self.code[from..to].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }

    fn is_inside_name(&self, at: usize) -> bool {
        let before = at.checked_sub(1).map(|before| self.bytes[before]);
        // The b of br"" and the c of cr"" are part of the literal.
        before.is_some_and(|byte| (byte.is_ascii_alphanumeric() || byte == b'_') && !matches!(byte, b'b' | b'c'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked() {
        for (text, code) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            (r#"f("a\"b // c") g"#, r#"f("         ") g"#),
            (r##"r#"a "b" c"# d"##, r##"r#"       "# d"##),
            (r#"br"a\" b"#, r#"br"  " b"#),
            ("r#type + r\n", "r#type + r\n"),
            ("let c = '\"'; 'a: loop {}", "let c = ' '; 'a: loop {}"),
            (r"['\'', '\u{41}', 'ä']", r"['  ', '      ', '  ']"),
            ("\"ä\nß\" x", "\"  \n  \" x"),
            ("\"open", "\"    "),
            ("'", "'"),
        ] {
            assert_eq!(Rust::read(text).code, code, "{text}");
        }
    }

    #[test]
    fn words_attributes_and_remarks() {
        let text = "#![forbid(unsafe_code)]\n#[expect(\n  dead_code,\n  reason = \"a ] b\"\n)]\nunsafe fn f() {}\n\
                    // Production: one\n// more of it\n// Spec(x): y\neprint!(); print!();\n";
        let rust = Rust::read(text);
        assert_eq!(rust.words("unsafe").map(|place| rust.line(place)).collect::<Vec<_>>(), [6]);
        assert_eq!(rust.words("print!").count(), 1);
        let attributes: Vec<(usize, &str)> =
            rust.attributes().into_iter().map(|(place, text)| (rust.line(place), text)).collect();
        assert_eq!(attributes[0], (1, "forbid(unsafe_code)"));
        assert_eq!(attributes[1].0, 2);
        assert!(attributes[1].1.contains("reason") && attributes[1].1.ends_with(")"), "{attributes:?}");
        let remarks = rust.remarks("Production:");
        assert_eq!((remarks[0].line, remarks[0].text.as_str(), remarks.len()), (7, "one more of it", 1));
    }
}
