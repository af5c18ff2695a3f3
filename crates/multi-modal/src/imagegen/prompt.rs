//! From a prompt's words to a list of things with counts, colours, sizes and places.

use super::colour::{Rgb, hex, mix};
use super::vocabulary::{Kind, Meaning, Shape, Time, Weather, look_up};

/// Most copies of one thing.
pub(crate) const MOST_COPIES: u32 = 20;
/// Most different things; what follows is not drawn.
const MOST_THINGS: usize = 40;

/// One noun with what was said about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Thing {
    pub(crate) word: String,
    pub(crate) kind: Kind,
    /// How many; `None` for a plural without a number.
    pub(crate) count: Option<u32>,
    pub(crate) colour: Option<(String, Rgb)>,
    /// Factor on the usual size.
    pub(crate) size: f32,
    /// Parts of width and height.
    pub(crate) place: (Option<f32>, Option<f32>),
}

/// What a prompt says, as far as the vocabulary goes.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Reading {
    pub(crate) things: Vec<Thing>,
    pub(crate) time: Option<Time>,
    pub(crate) weather: Vec<Weather>,
    pub(crate) snowy: bool,
    pub(crate) background: Option<(String, Rgb)>,
    /// Words without a meaning here, in the prompt's order, each once.
    pub(crate) unknown: Vec<String>,
}

impl Reading {
    /// Whether the prompt names anything of a landscape, so that there has to be a sky and a ground.
    pub(crate) fn is_scenery(&self) -> bool {
        self.time.is_some()
            || self.snowy
            || !self.weather.is_empty()
            || self.things.iter().any(|thing| !matches!(thing.kind, Kind::Shape(_)))
    }

    /// The first thing of a kind.
    pub(crate) fn find(&self, kind: Kind) -> Option<&Thing> {
        self.things.iter().find(|thing| thing.kind == kind)
    }

    /// Whether any of the kinds is named.
    pub(crate) fn has_any(&self, kinds: &[Kind]) -> bool {
        self.things.iter().any(|thing| kinds.contains(&thing.kind))
    }
}

/// What was said since the last noun.
#[derive(Default)]
struct Pending {
    count: Option<u32>,
    colour: Option<(String, Rgb)>,
    tint: Option<(String, f32)>,
    size: Option<f32>,
    place: (Option<f32>, Option<f32>),
}

/// Reads a prompt. Adjectives bind to the next noun; a place after a preposition binds to the noun before it.
pub(crate) fn read(prompt: &str) -> Reading {
    let words: Vec<String> =
        prompt.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let mut reading = Reading::default();
    let mut pending = Pending::default();
    for (index, word) in words.iter().enumerate() {
        let Some((meaning, plural)) = look_up(word) else {
            if !reading.unknown.contains(word) {
                reading.unknown.push(word.clone());
            }
            continue;
        };
        match meaning {
            Meaning::Glue => {}
            // "a dozen" and "a few" are one number, and the article isn't it.
            Meaning::Count(count) => pending.count = Some(count.min(MOST_COPIES)),
            Meaning::Size(size) => pending.size = Some(size),
            Meaning::Tint(tint) => pending.tint = Some((word.clone(), tint)),
            Meaning::Colour(colour) => pending.colour = Some(tinted(word, colour, pending.tint.take())),
            Meaning::Time(time) => reading.time = Some(time),
            Meaning::Weather(weather) => {
                reading.snowy |= weather == Weather::Snow;
                if !reading.weather.contains(&weather) {
                    reading.weather.push(weather);
                }
            }
            Meaning::Snowy => reading.snowy = true,
            Meaning::Place(x, y) => {
                let after_noun = words[..index]
                    .iter()
                    .rev()
                    .find(|w| !matches!(w.as_str(), "the" | "upper" | "lower" | "top" | "bottom" | "a"))
                    .is_some_and(|w| matches!(w.as_str(), "on" | "at" | "in" | "to" | "near"));
                let place = match reading.things.last_mut() {
                    Some(thing) if after_noun => &mut thing.place,
                    _ => &mut pending.place,
                };
                *place = (x.or(place.0), y.or(place.1));
            }
            Meaning::Background => {
                let said = pending.colour.take().or_else(|| pending.tint.take().map(plain_tint));
                reading.background = said.or(reading.background);
                pending = Pending::default();
            }
            Meaning::Noun(kind) => {
                let said = std::mem::take(&mut pending);
                let count = if plural { said.count.filter(|&n| n != 1) } else { Some(said.count.unwrap_or(1)) };
                let palm_or_pine_tree = kind == Kind::Tree
                    && reading.things.last().is_some_and(|t| matches!(t.kind, Kind::Palm | Kind::Pine))
                    && index > 0
                    && look_up(&words[index - 1]).is_some_and(|(m, _)| matches!(m, Meaning::Noun(_)));
                if palm_or_pine_tree {
                    if let Some(thing) = reading.things.last_mut() {
                        thing.count = if plural { thing.count.filter(|&n| n != 1) } else { thing.count };
                    }
                    continue;
                }
                if count == Some(0) || reading.things.len() >= MOST_THINGS {
                    continue;
                }
                let colour = said.colour.or_else(|| said.tint.filter(|t| t.0 == "dark").map(plain_tint));
                let size = said.size.unwrap_or(1.0);
                reading.things.push(Thing { word: word.clone(), kind, count, colour, size, place: said.place });
            }
        }
    }
    // A place at the very end ("three birds, left") has no noun to follow.
    if let Some(last) = reading.things.last_mut() {
        last.place = (last.place.0.or(pending.place.0), last.place.1.or(pending.place.1));
    }
    tell_stars_apart(&mut reading);
    reading
}

/// "stars" over a landscape are lights in the sky; a counted or coloured star is a figure.
fn tell_stars_apart(reading: &mut Reading) {
    let scenery = reading.is_scenery();
    for thing in &mut reading.things {
        let uncounted = thing.count.is_none() && thing.colour.is_none();
        if thing.kind == Kind::Shape(Shape::Star) && uncounted && scenery {
            thing.kind = Kind::Stars;
        }
    }
}

fn tinted(word: &str, colour: Rgb, tint: Option<(String, f32)>) -> (String, Rgb) {
    match tint {
        Some((name, amount)) if amount > 0.0 => (format!("{name} {word}"), mix(colour, hex(0xFF_FFFF), amount)),
        Some((name, amount)) => (format!("{name} {word}"), mix(colour, hex(0x00_0008), -amount)),
        None => (word.to_owned(), colour),
    }
}

/// "a dark background": no colour, just how light.
fn plain_tint((name, amount): (String, f32)) -> (String, Rgb) {
    let colour = if amount > 0.0 { hex(0xEE_EEF2) } else { hex(0x26_2832) };
    (name, colour)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(prompt: &str) -> Vec<(String, Option<u32>, Option<String>)> {
        read(prompt).things.into_iter().map(|t| (t.word, t.count, t.colour.map(|c| c.0))).collect()
    }

    #[test]
    fn adjectives_bind_to_the_next_noun() {
        let expected = vec![
            ("circles".to_owned(), Some(3), Some("red".to_owned())),
            ("square".to_owned(), Some(1), Some("light blue".to_owned())),
        ];
        assert_eq!(said("Three red circles and a light blue square"), expected);
    }

    #[test]
    fn plurals_without_a_number_leave_the_count_open() {
        assert_eq!(said("birds"), vec![("birds".to_owned(), None, None)]);
        assert_eq!(said("250 birds")[0].1, Some(MOST_COPIES));
        assert!(said("zero birds").is_empty());
        assert_eq!(said("two palm trees"), vec![("palm".to_owned(), Some(2), None)]);
    }

    #[test]
    fn places_bind_to_the_noun_they_are_about() {
        let reading = read("a red circle on the left and a star at the top right");
        assert_eq!(reading.things[0].place, (Some(0.22), None));
        assert_eq!(reading.things[1].place, (Some(0.78), Some(0.2)));
        assert_eq!(read("a left circle").things[0].place, (Some(0.22), None));
    }

    #[test]
    fn background_time_and_weather_are_not_things() {
        let reading = read("a heart on a dark green background at night in the rain");
        assert_eq!(reading.things.len(), 1);
        assert_eq!(reading.background.map(|b| b.0), Some("dark green".to_owned()));
        assert_eq!((reading.time, reading.weather), (Some(Time::Night), vec![Weather::Rain]));
    }

    #[test]
    fn stars_are_lights_over_a_landscape_and_figures_elsewhere() {
        assert_eq!(read("night with stars").things[0].kind, Kind::Stars);
        assert_eq!(read("stars").things[0].kind, Kind::Shape(Shape::Star));
        assert_eq!(read("two yellow stars over the sea").things[0].kind, Kind::Shape(Shape::Star));
    }

    #[test]
    fn unknown_words_are_kept_once() {
        assert_eq!(read("banana philosophy, banana!").unknown, ["banana", "philosophy"]);
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(prompt in ".{0,300}") {
            let reading = read(&prompt);
            prop_assert!(reading.things.iter().all(|t| t.count.is_none_or(|n| (1..=MOST_COPIES).contains(&n))));
        }
    }
}
