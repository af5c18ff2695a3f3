//! What is put into the index, and got out again.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use serde::{Deserialize, Serialize};
use tantivy::{
    DocAddress, Searcher, SegmentOrdinal, TantivyDocument, TantivyError, columnar::StrColumn, schema::Value as _,
};

use super::{
    IndexError,
    schema::{Fields, ID},
};

const MAX_ID_BYTES: usize = 512;
const MAX_TITLE_BYTES: usize = 8 * 1024;
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;
const MAX_FACETS: usize = 64;
const MAX_FACET_BYTES: usize = 1024;

/// A document. Title and body are searched; facets, date and number are filtered by.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct IndexDocument {
    /// Its name: 1 to 512 bytes.
    pub id: String,
    /// At most 8 KiB.
    pub title: String,
    /// At most 2 MiB.
    pub body: String,
    /// Exact values by name (kind, site, language, ...): at most 64, each of at most 1 KiB.
    pub facets: BTreeMap<String, Vec<String>>,
    /// Seconds since 1970 (UTC).
    pub date: Option<i64>,
    /// A price, a rating: whatever ranges are asked for. Finite.
    pub number: Option<f64>,
}

impl IndexDocument {
    pub(super) fn indexed(&self, fields: &Fields) -> Result<TantivyDocument, IndexError> {
        let refused = |reason| IndexError::Document { id: self.id.chars().take(80).collect(), reason };
        let facets: Vec<String> =
            self.facets.iter().flat_map(|(name, values)| values.iter().map(|value| facet(name, value))).collect();
        for (is_wrong, reason) in [
            (self.id.is_empty() || self.id.len() > MAX_ID_BYTES, "its id must have 1 to 512 bytes"),
            (self.title.len() > MAX_TITLE_BYTES, "its title is longer than 8 KiB"),
            (self.body.len() > MAX_BODY_BYTES, "its body is longer than 2 MiB"),
            (facets.len() > MAX_FACETS, "it has more than 64 facets"),
            (facets.iter().any(|facet| facet.len() > MAX_FACET_BYTES), "a facet is longer than 1 KiB"),
            (self.number.is_some_and(|number| !number.is_finite()), "its number is not finite"),
        ] {
            if is_wrong {
                return Err(refused(reason));
            }
        }
        let whole = serde_json::to_vec(self).map_err(|_| refused("it is no JSON"))?;
        let mut document = TantivyDocument::new();
        document.add_text(fields.id, &self.id);
        document.add_text(fields.title, &self.title);
        document.add_text(fields.body, &self.body);
        document.add_text(fields.words, &self.title);
        document.add_text(fields.words, &self.body);
        for facet in facets {
            document.add_text(fields.facet, facet);
        }
        if let Some(date) = self.date {
            document.add_i64(fields.date, date);
        }
        if let Some(number) = self.number {
            document.add_f64(fields.number, number);
        }
        document.add_bytes(fields.whole, &whole);
        Ok(document)
    }
}

/// A facet as one term.
pub(super) fn facet(name: &str, value: &str) -> String {
    format!("{name}\u{1f}{value}")
}

/// The ids of documents. They stand in a column; what is stored of a document is compressed with that of others.
pub(super) struct Ids<'a> {
    searcher: &'a Searcher,
    columns: HashMap<SegmentOrdinal, StrColumn>,
}

impl<'a> Ids<'a> {
    pub(super) fn new(searcher: &'a Searcher) -> Self {
        Self { searcher, columns: HashMap::new() }
    }

    pub(super) fn of(&mut self, address: DocAddress) -> Result<String, TantivyError> {
        let missing = || TantivyError::SchemaError("a document without an id".to_owned());
        let column = match self.columns.entry(address.segment_ord) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(vacant) => {
                let fields = self.searcher.segment_reader(address.segment_ord).fast_fields();
                vacant.insert(fields.str(ID)?.ok_or_else(missing)?)
            }
        };
        let (place, mut id) = (column.term_ords(address.doc_id).next().ok_or_else(missing)?, String::new());
        if column.ord_to_str(place, &mut id)? { Ok(id) } else { Err(missing()) }
    }
}

pub(super) fn whole(fields: &Fields, stored: &TantivyDocument) -> Result<IndexDocument, IndexError> {
    let bytes = stored.get_first(fields.whole).and_then(|value| value.as_bytes().map(<[u8]>::to_vec));
    serde_json::from_slice(&bytes.unwrap_or_default()).map_err(|error| IndexError::Failed(error.to_string()))
}
