//! What the embedded embedder sees of a text: its words, and pieces of its words, each as a place in a table.

use unicode_segmentation::UnicodeSegmentation;

/// Places of the table. Two features that share one are told apart by their signs, half of the time.
pub const PLACES: usize = 1 << 15;
/// Words of a text that are looked at.
const MOST_WORDS: usize = 2000;
/// Letters of a piece of a word.
const PIECE: usize = 4;
/// What a piece counts beside a word.
const PIECE_WEIGHT: f32 = 0.6;

/// Words that stand in every English text, and say nothing about what it is about.
const COMMON: &str = " a about above after again all also am an and any are as at be because been before being below \
                      between both but by can could did do does doing done down during each either else ever few for \
                      from further get gets give go goes had has have having he her here hers him his how however i if \
                      in into is it its itself just kind let like made make makes many may me might more most much \
                      must my need needs no nor not now of off on once one only or other our ours out over own per \
                      please shall she should since so some such than that the their theirs them then there these \
                      they this those through to too under until up upon us use used very was we were what when where \
                      which while who whom whose why will with without would you your yours ";

/// A feature: its place, its sign, and how much it counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feature {
    /// Below [`PLACES`].
    pub place: u32,
    /// How often it is there, dampened, with a sign that its hash decides.
    pub weight: f32,
}

/// The features of a text, each place once, in the order of places.
pub fn features(text: &str) -> Vec<Feature> {
    let mut found: Vec<(u32, f32, bool)> = Vec::new();
    let mut add = |bytes: &[u8], kind: u8, weight: f32| {
        let hash = hash(bytes, kind);
        found.push(((hash % PLACES as u64) as u32, weight, hash >> 63 == 1));
    };
    for word in words(text).take(MOST_WORDS) {
        add(word.as_bytes(), 0, 1.0);
        let edged: Vec<char> = std::iter::once('^').chain(word.chars()).chain(['$']).collect();
        let mut letters = [0; PIECE * 4];
        for piece in edged.windows(PIECE) {
            let mut end = 0;
            for letter in piece {
                end += letter.encode_utf8(&mut letters[end..]).len();
            }
            add(&letters[..end], 1, PIECE_WEIGHT);
        }
    }
    found.sort_unstable_by_key(|(place, ..)| *place);
    let mut summed: Vec<Feature> = Vec::with_capacity(found.len());
    for same in found.chunk_by(|one, other| one.0 == other.0) {
        let (weight, is_negative) = (same[0].1, same[0].2);
        // A word that is there ten times does not say ten times as much.
        let weight = weight * (1.0 + (same.len() as f32).ln());
        summed.push(Feature { place: same[0].0, weight: if is_negative { -weight } else { weight } });
    }
    summed
}

/// The words of a text that say what it is about, in lower case, with their endings cut. Names with signs in them, such as
/// `retry_after` or `HTTP/2`, are there in parts.
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    let split = text.unicode_words().flat_map(|word| word.split(['_', '.', ':', '\''])).flat_map(camel);
    let lower = split.filter(|word| !word.is_empty()).map(str::to_lowercase);
    lower.filter(|word| !is_common(word)).map(|word| stem(&word).to_owned())
}

/// Whether a word, in lower case, says nothing about what a text is about.
pub fn is_common(word: &str) -> bool {
    word.len() < 9 && COMMON.contains(&format!(" {word} "))
}

/// Cuts the usual endings of English: plurals, -ing, -ed, -ly. Two forms of a word become one; what comes out is no word.
pub fn stem(word: &str) -> &str {
    let keeps = |stem: &str, least: usize| stem.chars().count() >= least && stem.chars().all(char::is_alphabetic);
    for (ending, least) in
        [("ations", 4), ("ation", 4), ("ings", 4), ("ing", 4), ("ies", 3), ("edly", 4), ("ed", 4), ("ly", 4), ("es", 4)]
    {
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| keeps(stem, least)) {
            return stem;
        }
    }
    let plural = word.strip_suffix('s').filter(|stem| keeps(stem, 3) && !stem.ends_with(['s', 'u', 'i']));
    let word = plural.unwrap_or(word);
    word.strip_suffix(['e', 'y']).filter(|stem| keeps(stem, 4)).unwrap_or(word)
}

/// `StationId` is a station and an id.
fn camel(word: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut was_lower) = (0, false);
    for (at, letter) in word.char_indices() {
        if letter.is_uppercase() && was_lower {
            parts.push(&word[start..at]);
            start = at;
        }
        was_lower = letter.is_lowercase();
    }
    parts.push(&word[start..]);
    parts
}

/// FNV-1a with a finish that spreads it: the same on every machine, for good.
fn hash(bytes: &[u8], kind: u8) -> u64 {
    let start = (0xcbf2_9ce4_8422_2325_u64 ^ u64::from(kind)).wrapping_mul(0x0100_0000_01b3);
    let mixed = bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_a_text_is_about() {
        let found: Vec<String> = words("The StationId of retry_after is being checked, v2.1").collect();
        assert_eq!(found, ["station", "id", "retr", "check", "v2", "1"]);
        for (one, other) in
            [("stations", "station"), ("batteries", "battery"), ("retried", "retry"), ("closes", "close")]
        {
            let share = |word: &str| word.chars().take(4).collect::<String>();
            assert_eq!(share(stem(one)), share(stem(other)), "{one} {other}");
        }
        assert_eq!(stem("bus"), "bus");
    }

    #[test]
    fn features_are_the_same_everywhere_and_in_order() {
        let found = features("Stations send readings; a station sends.");
        assert!(found.windows(2).all(|pair| pair[0].place < pair[1].place));
        assert_eq!(found, features("stations SEND readings - a station sends"));
        assert_eq!(features("the of and"), []);
        assert!(features(&"word ".repeat(10_000)).len() < 20);
    }
}
