//! Numbers as people write them: `1,299.50`, `1.299,50`, `1 299`, `12,34,567`, `.99`.

/// No number of a price, and none of opinions, is this large.
const TOO_LARGE: f64 = 1e12;

/// A number in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number {
    /// Its first byte.
    pub(super) start: usize,
    /// The byte after its last.
    pub(super) end: usize,
    pub(super) amount: f64,
    /// Whether it is written without decimals.
    pub(super) is_whole: bool,
}

/// Digits, and what stands between them and those before.
type Group<'a> = (Option<char>, &'a str);

/// A whole number that is all of the text, such as `1,234` or `1.234`; `4.5` is none.
pub fn count(text: &str) -> Option<u64> {
    all_of(text).filter(|number| number.is_whole).map(|number| number.amount as u64)
}

/// A number that is all of the text, such as `1,234.5` or `1.234,5`. Three digits after a single mark are thousands.
pub fn number(text: &str) -> Option<f64> {
    all_of(text).map(|number| number.amount)
}

fn all_of(text: &str) -> Option<Number> {
    let text = text.trim();
    numbers(text).next().filter(|number| number.start == 0 && number.end == text.len())
}

/// The numbers of a text, in order. What has digits and is no number, such as a date, is left out.
pub(super) fn numbers(text: &str) -> impl Iterator<Item = Number> {
    let mut read = 0;
    let places = std::iter::from_fn(move || {
        let first = read + text[read..].find(|letter: char| letter.is_ascii_digit())?;
        let (start, groups, end) = groups(text, first);
        read = end;
        Some((start, groups, end))
    });
    places.filter_map(|(start, groups, end)| {
        let (amount, is_whole) = value(&groups)?;
        Some(Number { start, end, amount, is_whole })
    })
}

fn groups(text: &str, first: usize) -> (usize, Vec<Group<'_>>, usize) {
    let mut groups = Vec::new();
    let (start, mut end) = match ends_with_point(&text[..first]) {
        true => {
            groups.push((None, ""));
            (first - 1, first - 1)
        }
        false => {
            let whole = digits(&text[first..]);
            groups.push((None, whole));
            (first, first + whole.len())
        }
    };
    while let Some(mark) = text[end..].chars().next() {
        let next = digits(&text[end + mark.len_utf8()..]);
        let is_group = match mark {
            '.' | ',' => !next.is_empty(),
            // What stands after a blank may as well be another number.
            '\'' | '\u{2019}' | ' ' | '\u{a0}' | '\u{202f}' => {
                next.len() == 3 && groups[0].1.len() <= 3 && groups[1..].iter().all(|group| group.0 == Some(mark))
            }
            _ => false,
        };
        if !is_group {
            break;
        }
        groups.push((Some(mark), next));
        end += mark.len_utf8() + next.len();
    }
    (start, groups, end)
}

/// The point of `.99`; that of `no.99` ends a word, and those of `...99` a sentence.
fn ends_with_point(before: &str) -> bool {
    let is_of_text = |last: char| last.is_alphanumeric() || matches!(last, '.' | ',');
    before.strip_suffix(['.', ',']).is_some_and(|rest| !rest.ends_with(is_of_text))
}

fn digits(text: &str) -> &str {
    &text[..text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len())]
}

/// `12.50` and `1.299,00` end with decimals, and so does `0.125`; `1,299` and `1.299.000` end with thousands.
fn value(groups: &[Group<'_>]) -> Option<(f64, bool)> {
    let ((mark, last), rest) = groups.split_last()?;
    let has_decimals = matches!(mark, Some('.' | ','))
        && rest.iter().all(|(other, _)| other != mark)
        && (last.len() != 3 || rest.len() > 1 || matches!(rest[0].1, "" | "0"));
    let (whole, decimals) = if has_decimals { (rest, *last) } else { (groups, "") };
    if !are_thousands(whole) {
        return None;
    }
    let whole: String = whole.iter().map(|(_, digits)| *digits).collect();
    let amount: f64 = format!("0{whole}.{decimals}0").parse().ok()?;
    (amount < TOO_LARGE).then_some((amount, decimals.is_empty()))
}

/// Whether each mark is the same, and all stand where a thousand ends, or as in India, where a hundred thousand does.
fn are_thousands(groups: &[Group<'_>]) -> bool {
    let [(_, first), middle @ .., (mark, last)] = groups else { return true };
    (1..=3).contains(&first.len())
        && last.len() == 3
        && middle.iter().all(|(other, digits)| other == mark && (digits.len() == 3 || digits.len() == 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_text() {
        for (text, expected) in [
            ("1,299.50 and 1.299,50", vec![1299.5, 1299.5]),
            ("1 299 1\u{a0}299,5 1'299", vec![1299.0, 1299.5, 1299.0]),
            ("12,34,567.5", vec![1_234_567.5]),
            ("1.299.000 1,299 1.299", vec![1_299_000.0, 1299.0, 1299.0]),
            (".99 ,5 no.99 ...99", vec![0.99, 0.5, 99.0, 99.0]),
            ("0.125 1.25 12.5", vec![0.125, 1.25, 12.5]),
            ("12.50 100 ml", vec![12.5, 100.0]),
            ("5 2 left, 5, 2", vec![5.0, 2.0, 5.0, 2.0]),
            ("26.11.2026 1.2.3 1,2,3 1.299.00", vec![]),
            ("999999999999999", vec![]),
            ("6'2 \u{663}", vec![6.0, 2.0]),
            ("", vec![]),
        ] {
            let found: Vec<f64> = numbers(text).map(|number| number.amount).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_count_is_whole() {
        for (text, counted, amount) in [
            ("12", Some(12), Some(12.0)),
            (" 1,234 ", Some(1234), Some(1234.0)),
            ("1.234", Some(1234), Some(1234.0)),
            ("1 234 567", Some(1_234_567), Some(1_234_567.0)),
            ("12,34,567", Some(1_234_567), Some(1_234_567.0)),
            ("4.5", None, Some(4.5)),
            ("4,5", None, Some(4.5)),
            ("0.500", None, Some(0.5)),
            ("12.0", None, Some(12.0)),
            ("12 of 40", None, None),
            ("-12", None, None),
            ("many", None, None),
            ("", None, None),
        ] {
            assert_eq!((count(text), number(text)), (counted, amount), "{text}");
        }
    }
}
