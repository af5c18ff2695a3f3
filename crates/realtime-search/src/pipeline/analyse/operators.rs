//! Operators, as search engines have them: `"a phrase"`, `-word`, `+word`, `site:`, `-site:`, `source:`, `lang:`,
//! `before:`, `after:`.

use schemars::JsonSchema;
use serde::Serialize;

use super::time;

/// Operators of one kind that are read; more are words.
const MOST: usize = 10;

/// What a query demands, besides having something to do with its words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Operators {
    /// Words in a row that must be there.
    pub phrases: Vec<String>,
    /// Words that must be there.
    pub required: Vec<String>,
    /// Words that must not be there.
    pub excluded: Vec<String>,
    /// Hosts of which one must be the article's, subdomains included.
    pub sites: Vec<String>,
    /// Hosts that the article must not come from.
    pub excluded_sites: Vec<String>,
    /// Outlets of which one must be the article's.
    pub sources: Vec<String>,
    /// Language that the article must have.
    pub language: Option<String>,
    /// Earliest time, in seconds since 1970.
    pub after: Option<i64>,
    /// Latest time, in seconds since 1970.
    pub before: Option<i64>,
}

/// The operators of a query, and the query without them. A phrase's words stay in it: they are also words to look for.
pub(super) fn read(query: &str) -> (Operators, String) {
    let mut operators = Operators::default();
    let mut rest: Vec<String> = Vec::new();
    for part in parts(query) {
        if !take(&mut operators, &part) {
            rest.push(part.trim_matches('"').to_owned());
        } else if let Some(phrase) = part.strip_prefix('"').and_then(|part| part.strip_suffix('"')) {
            rest.push(phrase.to_owned());
        } else if let Some(word) = part.strip_prefix('+') {
            rest.push(word.to_owned());
        }
    }
    (operators, rest.join(" ").split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Words and quoted phrases, in order. A quote that is never closed quotes nothing.
fn parts(query: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = query.trim_start();
    while !rest.is_empty() {
        let end = match rest.strip_prefix('"').and_then(|quoted| quoted.find('"')) {
            Some(close) => close + 2,
            None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let (part, more) = rest.split_at(end);
        parts.push(part.to_owned());
        rest = more.trim_start();
    }
    parts
}

/// True when the part is an operator, and was taken.
fn take(operators: &mut Operators, part: &str) -> bool {
    if let Some(phrase) = part.strip_prefix('"').and_then(|part| part.strip_suffix('"')) {
        return !phrase.trim().is_empty() && push(&mut operators.phrases, phrase.trim().to_lowercase());
    }
    if let Some((name, value)) = part.split_once(':')
        && !value.is_empty()
    {
        let value = value.trim_matches('"');
        match name.to_ascii_lowercase().as_str() {
            "site" => return push(&mut operators.sites, value.to_lowercase()),
            "-site" => return push(&mut operators.excluded_sites, value.to_lowercase()),
            "source" => return push(&mut operators.sources, value.to_owned()),
            "lang" | "language" if value.len() == 2 => operators.language = Some(value.to_lowercase()),
            "after" | "since" => match time::date(value) {
                Some(date) => operators.after = Some(date),
                None => return false,
            },
            "before" | "until" => match time::date(value) {
                Some(date) => operators.before = Some(date),
                None => return false,
            },
            _ => return false,
        }
        return true;
    }
    // "+44" begins a telephone number, "-5" is a temperature.
    let word = |sign: char| {
        let word = part.strip_prefix(sign)?;
        word.chars().next().is_some_and(char::is_alphabetic).then(|| word.to_lowercase())
    };
    if let Some(word) = word('-') {
        return push(&mut operators.excluded, word);
    }
    if let Some(word) = word('+') {
        return push(&mut operators.required, word);
    }
    false
}

fn push(list: &mut Vec<String>, value: String) -> bool {
    let fits = list.len() < MOST;
    if fits {
        list.push(value);
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operator() {
        let query =
            "\"harbour bridge\" cracks -rumour +engineer site:a.example -site:b.example lang:de after:2026-11-01";
        let (found, rest) = read(query);
        assert_eq!(rest, "harbour bridge cracks engineer");
        assert_eq!(found.phrases, ["harbour bridge"]);
        assert_eq!((found.required, found.excluded), (vec!["engineer".to_owned()], vec!["rumour".to_owned()]));
        assert_eq!((found.sites, found.excluded_sites), (vec!["a.example".to_owned()], vec!["b.example".to_owned()]));
        assert_eq!(found.language.as_deref(), Some("de"));
        assert_eq!(found.after, Some(1_793_491_200));
    }

    #[test]
    fn what_only_looks_like_one_is_a_word() {
        for query in [
            "a - b",
            "10:30 train",
            "after:lunch",
            "\"open",
            "e-mail",
            "note:x",
            "site:",
            "\"\"",
            "+44 20",
            "-5 degrees",
        ] {
            let (found, rest) = read(query);
            assert_eq!(found, Operators::default(), "{query}");
            assert_eq!(rest.replace('"', ""), query.replace('"', ""), "{query}");
        }
        let many: String = (0..30).map(|n| format!("-w{n} ")).collect();
        assert_eq!(read(&many).0.excluded.len(), MOST);
    }
}
