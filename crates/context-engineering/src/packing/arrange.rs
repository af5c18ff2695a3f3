//! The order of passages in a context.

use std::{collections::BTreeMap, sync::Arc};

use super::Passage;

/// Merges passages that touch, keeps the order within a source, and puts the best sources at the edges.
pub(super) fn arranged(passages: Vec<Passage>) -> Vec<Passage> {
    let mut sources: BTreeMap<String, Vec<Passage>> = BTreeMap::new();
    for passage in passages {
        sources.entry(passage.document.id.clone()).or_default().push(passage);
    }
    let mut merged: Vec<Vec<Passage>> = sources.into_values().map(merge).collect();
    let best = |source: &[Passage]| source.iter().map(|passage| passage.value).fold(0.0, f32::max);
    merged.sort_by(|a, b| best(b).total_cmp(&best(a)));
    let (mut front, mut back) = (Vec::new(), Vec::new());
    for (rank, source) in merged.into_iter().enumerate() {
        if rank % 2 == 0 { front.push(source) } else { back.push(source) }
    }
    front.into_iter().chain(back.into_iter().rev()).flatten().collect()
}

fn merge(mut passages: Vec<Passage>) -> Vec<Passage> {
    passages.sort_by_key(|passage| passage.span.start);
    let mut merged: Vec<Passage> = Vec::new();
    for passage in passages {
        match merged.last_mut() {
            Some(last) if touches(last, &passage) => {
                last.span.end = last.span.end.max(passage.span.end);
                last.chunks.extend(passage.chunks);
                last.chunks.dedup();
                last.value = last.value.max(passage.value);
            }
            _ => merged.push(passage),
        }
    }
    merged
}

fn touches(one: &Passage, next: &Passage) -> bool {
    debug_assert!(Arc::ptr_eq(&one.document, &next.document), "passages of one source");
    let text = &one.document.text;
    next.span.start <= one.span.end || text[one.span.end..next.span.start].trim().is_empty()
}
