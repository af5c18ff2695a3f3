//! The fields of the index.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};

/// Counts up with every change to the fields or to what a word is: indexes of another version are built anew.
pub(super) const VERSION: u32 = 2;

/// The field that names a document.
pub(super) const ID: &str = "id";
/// Words without their endings.
pub(super) const STEMS: &str = "mcp-stems";
/// Words as they are written.
pub(super) const WORDS: &str = "mcp-words";

#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    pub(super) id: Field,
    pub(super) title: Field,
    pub(super) body: Field,
    /// Title and body once more, for spelling: words as people write them.
    pub(super) words: Field,
    /// `name` U+001F `value`.
    pub(super) facet: Field,
    pub(super) date: Field,
    pub(super) number: Field,
    /// JSON, for whoever asks for the document.
    pub(super) whole: Field,
}

pub(super) fn schema() -> (Schema, Fields) {
    let text = |analyzer: &str, records, lengths| {
        let indexing = TextFieldIndexing::default().set_tokenizer(analyzer).set_index_option(records);
        TextOptions::default().set_indexing_options(indexing.set_fieldnorms(lengths))
    };
    let mut builder = Schema::builder();
    let fields = Fields {
        id: builder.add_text_field(ID, STRING | FAST),
        title: builder.add_text_field("title", text(STEMS, IndexRecordOption::WithFreqsAndPositions, true)),
        body: builder.add_text_field("body", text(STEMS, IndexRecordOption::WithFreqsAndPositions, true)),
        words: builder.add_text_field("words", text(WORDS, IndexRecordOption::Basic, false)),
        facet: builder.add_text_field("facet", STRING),
        date: builder.add_i64_field("date", INDEXED | FAST),
        number: builder.add_f64_field("number", INDEXED | FAST),
        whole: builder.add_bytes_field("whole", STORED),
    };
    (builder.build(), fields)
}
