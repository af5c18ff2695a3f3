//! From the lengths of marks and gaps to characters. Recommendation ITU-R M.1677-1, part I, section 2: a dash is three
//! dots long, the gap within a character one, between characters three, between words seven.

use super::morse_code;

/// One tone, in seconds from the start of the sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mark {
    pub(crate) start: f64,
    pub(crate) end: f64,
}

/// Length of a dot in seconds at 40 and at 5 words per minute, with some room.
const DOTS: std::ops::RangeInclusive<f64> = 0.024..=0.30;
/// The usual length of a dot: 20 words per minute.
const USUAL_DOT: f64 = 0.06;
/// Fewer marks say nothing.
const FEWEST: usize = 3;
/// The longest character of one sign is 5 or 0; what repeats evenly more often is an alarm.
const ALIKE: usize = 5;
/// Marks of one kind differ by less than this (standard deviation relative to the mean).
const SPREAD: f64 = 0.25;
/// Share of signs that may be no character.
const UNKNOWN: f64 = 0.25;

/// The text of the marks and the length of a dot in seconds, or why they are not Morse code.
pub(crate) fn read_marks(marks: &[Mark]) -> Result<(String, f64), &'static str> {
    if marks.len() < FEWEST {
        return Err("there are fewer than three marks");
    }
    let lengths: Vec<f64> = marks.iter().map(|mark| mark.end - mark.start).collect();
    let gaps: Vec<f64> = marks.windows(2).map(|pair| pair[1].start - pair[0].end).collect();
    let (short, long) = two_means(&lengths);
    let is_one_kind = long.mean < 1.8 * short.mean;
    let (rough_dot, limit) = if is_one_kind {
        let all = Cluster::of(&lengths);
        if all.spread > SPREAD {
            return Err("the marks are of no two lengths");
        }
        if lengths.len() > ALIKE && Cluster::of(&gaps).spread < SPREAD {
            return Err("the tone repeats evenly, like an alarm");
        }
        let dot = dot_by_gaps(all.mean, &gaps);
        (dot, 2.0 * dot)
    } else {
        let ratio = long.mean / short.mean;
        if !(2.0..=4.5).contains(&ratio) || short.spread > SPREAD || long.spread > SPREAD {
            return Err("the marks are not of two lengths, one three times the other");
        }
        (short.mean, (short.mean * long.mean).sqrt())
    };

    // All marks together know the dot better than the short ones alone, and a mark with the gap after it better still:
    // where a soft edge makes the mark short, it makes the gap long. The gap within a character counts one dot.
    let units = |length: f64| if length < limit { 1.0 } else { 3.0 };
    let marks_alone = lengths.iter().sum::<f64>() / lengths.iter().map(|length| units(*length)).sum::<f64>();
    let within = lengths.iter().zip(&gaps).filter(|(_, gap)| **gap < 2.0 * marks_alone);
    let (time, dots) =
        within.fold((0.0, 0.0), |(time, dots), (length, gap)| (time + length + gap, dots + units(*length) + 1.0));
    let dot = if dots > 0.0 { time / dots } else { marks_alone };
    if !DOTS.contains(&dot) || rough_dot <= 0.0 {
        return Err("the marks are too slow or too fast for 5 to 40 words per minute");
    }

    let mut text = String::new();
    let (mut signs, mut characters, mut unknown) = (String::new(), 0_u32, 0_u32);
    let after = gaps.iter().copied().chain([f64::INFINITY]);
    for (length, gap) in lengths.iter().zip(after) {
        signs.push(if *length < limit { '.' } else { '-' });
        if gap < 2.0 * dot {
            continue;
        }
        characters += 1;
        let character = morse_code::decode(&signs);
        unknown += u32::from(character.is_none());
        text.push(character.unwrap_or('\u{fffd}'));
        signs.clear();
        if gap > 5.0 * dot {
            text.push(' ');
        }
    }
    if f64::from(unknown) > UNKNOWN * f64::from(characters) {
        return Err("most signs are no characters");
    }
    Ok((text.trim_end().to_owned(), dot))
}

/// The dot when all marks are alike: they are dots, or dashes, whichever makes the gaps one, three or seven dots long;
/// where both do, the more usual speed.
fn dot_by_gaps(mark: f64, gaps: &[f64]) -> f64 {
    let misfit = |dot: f64| {
        let off = |gap: &f64| {
            let units = gap / dot;
            [1.0, 3.0, 7.0].map(|wanted: f64| (units.min(7.0) / wanted).ln().abs())
        };
        let sum: f64 = gaps.iter().map(|gap| off(gap).into_iter().fold(f64::MAX, f64::min)).sum();
        let speed = if DOTS.contains(&dot) { 0.1 * (dot / USUAL_DOT).ln().abs() } else { 10.0 };
        sum / gaps.len().max(1) as f64 + speed
    };
    if misfit(mark / 3.0) < misfit(mark) { mark / 3.0 } else { mark }
}

/// Mean and relative standard deviation of some lengths.
struct Cluster {
    mean: f64,
    spread: f64,
}

impl Cluster {
    fn of(values: &[f64]) -> Self {
        let count = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        Self { mean, spread: if mean > 0.0 { variance.sqrt() / mean } else { 0.0 } }
    }
}

/// The two clusters of k-means with k = 2, the lower first, starting from the extremes.
fn two_means(values: &[f64]) -> (Cluster, Cluster) {
    let mut low = values.iter().copied().fold(f64::MAX, f64::min);
    let mut high = values.iter().copied().fold(0.0, f64::max);
    let mut clusters = (Cluster::of(values), Cluster::of(values));
    for _ in 0..20 {
        let (short, long): (Vec<f64>, Vec<f64>) =
            values.iter().partition(|value| (**value - low).abs() <= (**value - high).abs());
        clusters = (Cluster::of(&short), Cluster::of(&long));
        if long.is_empty() || (clusters.0.mean == low && clusters.1.mean == high) {
            break;
        }
        (low, high) = (clusters.0.mean, clusters.1.mean);
    }
    clusters
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Marks for signs: `.` and `-`, a blank between characters, two between words.
    fn marks(signs: &str, dot: f64) -> Vec<Mark> {
        let (mut marks, mut now) = (Vec::new(), 0.5);
        for sign in signs.chars() {
            let length = match sign {
                '.' => dot,
                '-' => 3.0 * dot,
                // Each sign is followed by one dot of silence already.
                _ => {
                    now += 2.0 * dot;
                    continue;
                }
            };
            marks.push(Mark { start: now, end: now + length });
            now += length + dot;
        }
        marks
    }

    #[test]
    fn signs_become_text() {
        for (signs, dot, text) in [
            ("... --- ...", 0.06, "SOS"),
            (".--. .- .-. .. ...", 0.24, "PARIS"),
            ("..  .- --", 0.03, "I AM"),
            ("- - -", 0.06, "TTT"),
            (". . .", 0.06, "EEE"),
            ("... ...", 0.06, "SS"),
            ("-- ---", 0.06, "MO"),
        ] {
            let (got, length) = read_marks(&marks(signs, dot)).unwrap();
            assert_eq!(got, text);
            assert!((length / dot - 1.0).abs() < 0.01);
        }
    }

    #[test]
    fn other_rhythms_are_refused() {
        for (marks, part) in [
            (marks(".-", 0.06), "fewer than three"),
            (marks(". . . . . . . .", 0.06), "alarm"),
            (marks(".-.-", 0.01), "too slow or too fast"),
            (marks(".-.-", 0.5), "too slow or too fast"),
            (marks(".------. .------.", 0.06), "no characters"),
            ([0.1, 0.25, 0.5, 0.9, 1.4].map(|at| Mark { start: at, end: at * 1.5 }).to_vec(), "lengths"),
        ] {
            let reason = read_marks(&marks).unwrap_err();
            assert!(reason.contains(part), "{reason} should say {part}");
        }
    }
}
