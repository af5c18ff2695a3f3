//! (5) Deduplicate: one story, however many have copied it. The same URL in another spelling is the same page; texts
//! whose fingerprints differ in few bits are the same text with small edits.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use super::Candidate;

/// Bits that two fingerprints of one text may differ in. Charikar's fingerprints of 64 bits, as in Manku, Jain and
/// Das Sarma, "Detecting Near-Duplicates for Web Crawling", WWW 2007, who take 3 for long pages; short news need more
/// room.
pub const NEAR: u32 = 10;
/// Words in a row that a fingerprint is made of.
const SHINGLE: usize = 2;

/// The fingerprint of a text: each run of words votes on each bit.
pub fn simhash(words: &[String]) -> u64 {
    let mut votes = [0_i32; 64];
    let size = SHINGLE.min(words.len().max(1));
    for shingle in words.windows(size) {
        // The hasher has fixed keys: fingerprints can be compared between runs of one program.
        let mut hasher = DefaultHasher::new();
        shingle.hash(&mut hasher);
        let hash = hasher.finish();
        for (bit, vote) in votes.iter_mut().enumerate() {
            *vote += if hash >> bit & 1 == 1 { 1 } else { -1 };
        }
    }
    votes.iter().enumerate().filter(|(_, vote)| **vote > 0).fold(0, |hash, (bit, _)| hash | 1 << bit)
}

/// Whether two fingerprints are those of one text. Nothing is said of empty texts.
pub fn is_near(one: u64, other: u64) -> bool {
    one != 0 && other != 0 && (one ^ other).count_ones() <= NEAR
}

/// Keeps one of each group of duplicates, with the lists that the others stood in: the most trusted, then the earliest.
/// Returns the others, each with the one that stands for it.
pub fn deduplicate(candidates: Vec<Candidate>) -> (Vec<Candidate>, Vec<(String, String)>) {
    let mut by_url: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<Candidate>> = Vec::new();
    for candidate in candidates {
        let same_url = by_url.get(&candidate.canonical_url).copied();
        let near = |group: &Vec<Candidate>| {
            group.iter().any(|other| is_near(other.indexed.simhash, candidate.indexed.simhash))
        };
        let place = same_url.or_else(|| groups.iter().position(near)).unwrap_or(groups.len());
        by_url.insert(candidate.canonical_url.clone(), place);
        match groups.get_mut(place) {
            Some(group) => group.push(candidate),
            None => groups.push(vec![candidate]),
        }
    }
    let mut dropped = Vec::new();
    let kept = groups.into_iter().filter_map(|group| keep_one(group, &mut dropped)).collect();
    (kept, dropped)
}

fn keep_one(mut group: Vec<Candidate>, dropped: &mut Vec<(String, String)>) -> Option<Candidate> {
    group.sort_by(|one, other| {
        let published = |candidate: &Candidate| candidate.indexed.published.unwrap_or(i64::MAX);
        let trusted = other.indexed.trust.total_cmp(&one.indexed.trust);
        trusted.then(published(one).cmp(&published(other))).then(one.id().cmp(other.id()))
    });
    let mut group = group.into_iter();
    let mut kept = group.next()?;
    for other in group {
        if other.id() != kept.id() {
            dropped.push((other.id().to_owned(), kept.id().to_owned()));
            kept.duplicates.push(other.indexed.article.source.clone());
        }
        for place in other.places {
            // A list that both stood in counts once, with the better rank.
            match kept.places.iter_mut().find(|known| known.list == place.list) {
                Some(known) => known.rank = known.rank.min(place.rank),
                None => kept.places.push(place),
            }
        }
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{pipeline::tests::candidate, text};

    const STORY: &str = "The harbour bridge will stay closed until Friday after engineers found cracks in two of its \
        eight cables. The city said that buses take the tunnel, and that ships may pass at night. A first inspection had \
        been planned for spring, and was brought forward when drivers reported a loud bang on Sunday evening.";

    #[test]
    fn small_edits_keep_the_fingerprint() {
        let fingerprint = |text: &str| simhash(&text::words(text));
        let edited = STORY.replace("on Sunday evening", "late on Sunday").replace("The city said", "City hall said");
        assert!(is_near(fingerprint(STORY), fingerprint(&edited)));
        let other = "The satellite reached its orbit after two delays, and sent a first picture of the northern coast. \
            Engineers said that one of its antennas opens more slowly than planned, and that this does no harm.";
        assert!(!is_near(fingerprint(STORY), fingerprint(other)));
        assert!(!is_near(fingerprint(""), fingerprint("")));
    }

    #[test]
    fn the_most_trusted_stands_for_all_and_stands_in_all_their_lists() {
        let copy = format!("{STORY} (agency)");
        let group = vec![
            candidate("blog", "https://b.example/1", &copy, 0.2, &[("words", 1)]),
            candidate("paper", "https://p.example/1", STORY, 0.9, &[("words", 2)]),
            candidate("paper-again", "https://p.example/1", "Another text.", 0.9, &[("feed", 4)]),
            candidate("other", "https://o.example/1", "Bees are back in town.", 0.5, &[("words", 3)]),
        ];
        let (kept, dropped) = deduplicate(group);
        let ids: Vec<&str> = kept.iter().map(Candidate::id).collect();
        assert_eq!(ids, ["paper", "other"]);
        assert_eq!(dropped.len(), 2, "{dropped:?}");
        let places: Vec<(&str, usize)> = kept[0].places.iter().map(|place| (&*place.list, place.rank)).collect();
        assert_eq!(places, [("words", 1), ("feed", 4)]);
    }
}
