//! The document as CommonMark.

use super::DocumentRequest;

/// Writes the document as Markdown: title, headings, texts as they are, and pictures as links to their address.
pub fn markdown(request: &DocumentRequest) -> String {
    let mut out = format!("# {}\n", escape(&request.title));
    for section in &request.sections {
        if let Some(heading) = section.heading.as_deref().filter(|h| !h.trim().is_empty()) {
            out.push_str(&format!("\n## {}\n", escape(heading)));
        }
        let text = section.text.replace("\r\n", "\n");
        if !text.trim().is_empty() {
            out.push('\n');
            for line in text.trim().lines() {
                out.push_str(&unheaded(line));
                out.push('\n');
            }
        }
        for image in &section.images {
            let alt = if image.alt.trim().is_empty() { &image.name } else { &image.alt };
            let title = escape(&image.name).replace('"', "\\\"");
            out.push_str(&format!("\n![{}](<{}> \"{title}\")\n", escape(alt), address(&image.uri)));
        }
    }
    out
}

/// One line in which every character that CommonMark could read as markup stands for itself.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        if "\\`*_{}[]()<>#+!|~&".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A text may hold emphasis and lists; a heading or raw HTML in it would change the document's structure.
fn unheaded(line: &str) -> String {
    let line = line.replace('<', "\\<");
    let trimmed = line.trim_start();
    let underline = !trimmed.is_empty() && trimmed.trim_end().chars().all(|c| c == '=' || c == '-');
    if trimmed.starts_with('#') || underline { format!("\\{trimmed}") } else { line }
}

/// What may stand between `<` and `>`.
fn address(uri: &str) -> String {
    uri.chars()
        .map(|c| match c {
            '<' => "%3C".to_owned(),
            '>' => "%3E".to_owned(),
            '\\' => "%5C".to_owned(),
            c if c.is_whitespace() || c.is_control() => "%20".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{DocImage, Section};
    use super::*;

    #[test]
    fn markup_in_titles_is_escaped_and_images_are_links() {
        let image = DocImage {
            name: "Fig \"1\"".to_owned(),
            alt: "a [cat]".to_owned(),
            uri: "media://abc".to_owned(),
            ..DocImage::default()
        };
        let section = Section {
            heading: Some("A_b".to_owned()),
            text: "# not a title\n**bold** <b>".to_owned(),
            images: vec![image],
        };
        let request = DocumentRequest { title: "C# *now*\nhere".to_owned(), sections: vec![section] };
        let expected = "# C\\# \\*now\\* here\n\n## A\\_b\n\n\\# not a title\n**bold** \\<b>\n\n\
                        ![a \\[cat\\]](<media://abc> \"Fig \\\"1\\\"\")\n";
        assert_eq!(markdown(&request), expected);
    }
}
