//! What is put into the index, and got out again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tantivy::{TantivyDocument, schema::Value as _};

use super::{Hit, IndexError, schema::Fields};

const MAX_ID_BYTES: usize = 512;
const MAX_TITLE_BYTES: usize = 8 * 1024;
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;
const MAX_FACETS: usize = 64;
const MAX_FACET_BYTES: usize = 1024;

/// A document. Title and body are searched; facets, date and number are filtered by; the payload comes back with a hit.
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
    /// Anything else.
    pub payload: Value,
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
        let payload = serde_json::to_vec(&self.payload).map_err(|_| refused("its payload is no JSON"))?;
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
        document.add_bytes(fields.payload, &payload);
        document.add_bytes(fields.whole, &whole);
        Ok(document)
    }
}

/// A facet as one term.
pub(super) fn facet(name: &str, value: &str) -> String {
    format!("{name}\u{1f}{value}")
}

pub(super) fn hit(fields: &Fields, stored: &TantivyDocument, score: f32) -> Hit {
    let payload = stored.get_first(fields.payload).and_then(|value| value.as_bytes().map(<[u8]>::to_vec));
    Hit {
        id: stored.get_first(fields.id).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default(),
        score,
        date: stored.get_first(fields.date).and_then(|value| value.as_i64()),
        number: stored.get_first(fields.number).and_then(|value| value.as_f64()),
        payload: payload.and_then(|payload| serde_json::from_slice(&payload).ok()).unwrap_or_default(),
    }
}

pub(super) fn whole(fields: &Fields, stored: &TantivyDocument) -> Result<IndexDocument, IndexError> {
    let bytes = stored.get_first(fields.whole).and_then(|value| value.as_bytes().map(<[u8]>::to_vec));
    serde_json::from_slice(&bytes.unwrap_or_default()).map_err(|error| IndexError::Failed(error.to_string()))
}
