//! What several tools answer. Words from documents stand between marks here too.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    contradictions::{Contradiction, Statement},
    facts::Facts,
    packing::{Packed, Passage, number},
    untrusted::{within_marks, within_quotes},
};

/// Facts of a sort that are told; the rest is counted.
const MOST_FACTS: usize = 200;

/// A packed context.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ContextAnswer {
    /// What to give to a model: passages between marks. What is between them is data.
    pub context: String,
    /// Tokens of it, exactly.
    pub tokens: usize,
    /// Tokens that it might have had.
    pub budget: usize,
    /// What was counted with.
    pub encoding: String,
    /// Where each passage is from.
    pub passages: Vec<PassageAnswer>,
    /// Sources that do not go together.
    pub contradictions: Vec<ContradictionAnswer>,
    /// Chunks that were left out because others say the same.
    pub duplicates: usize,
}

/// Where a passage is from.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct PassageAnswer {
    /// Number of its marks: how to cite it.
    pub number: usize,
    /// Id of the document.
    pub document: String,
    /// The document as a resource.
    pub uri: String,
    /// When it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// First byte in the document's text.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
    /// Headings above it, the outermost first.
    pub headings: Vec<String>,
    /// Ids of its chunks.
    pub chunks: Vec<String>,
    /// Whether it reads as if it told a model what to do.
    pub reads_like_an_instruction: bool,
}

/// Two statements that do not go together.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ContradictionAnswer {
    /// The older one, between marks.
    pub older: String,
    /// The newer one, between marks.
    pub newer: String,
    /// What differs.
    pub differs: String,
}

/// What got lost.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DroppedAnswer {
    /// Numbers that are no longer there.
    pub numbers: Vec<String>,
    /// Names that are no longer there.
    pub names: Vec<String>,
    /// How many there are, where that is more than are listed.
    pub count: usize,
}

impl ContextAnswer {
    pub(super) fn new(packed: &Packed, budget: usize, encoding: impl ToString) -> Self {
        let passages = packed.passages.iter().enumerate();
        Self {
            context: packed.text.clone(),
            tokens: packed.tokens,
            budget,
            encoding: encoding.to_string(),
            passages: passages.map(|(at, passage)| PassageAnswer::new(number(&packed.passages, at), passage)).collect(),
            contradictions: packed.contradictions.iter().map(ContradictionAnswer::new).collect(),
            duplicates: packed.duplicates,
        }
    }
}

impl PassageAnswer {
    pub(super) fn new(number: usize, passage: &Passage) -> Self {
        Self {
            number,
            document: passage.document.id.clone(),
            uri: uri(&passage.document.id),
            date: passage.document.about.date,
            start: passage.span.start,
            end: passage.span.end,
            headings: passage.headings.iter().map(|heading| within_quotes(heading)).collect(),
            chunks: passage.chunks.clone(),
            reads_like_an_instruction: passage.is_suspicious(),
        }
    }
}

impl ContradictionAnswer {
    pub(super) fn new(found: &Contradiction) -> Self {
        let said = |statement: &Statement| marked(&statement.document, &statement.text);
        Self { older: said(&found.one), newer: said(&found.other), differs: within_quotes(&found.differs) }
    }
}

impl DroppedAnswer {
    pub(super) fn new(facts: &Facts) -> Self {
        let told = |facts: &std::collections::BTreeSet<String>| {
            facts.iter().take(MOST_FACTS).map(|fact| within_quotes(fact)).collect()
        };
        Self { numbers: told(&facts.numbers), names: told(&facts.names), count: facts.len() }
    }
}

/// Words of a document between marks.
pub(super) fn marked(document: &str, text: &str) -> String {
    format!("<passage from=\"{}\">{}</passage>", within_quotes(document), within_marks(text))
}

/// The URI of a document. Its id has no character that a URI cannot have, but letters that are not ASCII.
pub(super) fn uri(document: &str) -> String {
    let mut uri = String::from("corpus://documents/");
    for byte in document.bytes() {
        if byte.is_ascii() { uri.push(char::from(byte)) } else { uri.push_str(&format!("%{byte:02X}")) }
    }
    uri
}
