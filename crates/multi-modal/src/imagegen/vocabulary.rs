//! The words the painter knows: one table for each kind of word.

use super::colour::{Rgb, hex};

/// Flat figures that a prompt can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Circle,
    Ellipse,
    Square,
    Rectangle,
    Triangle,
    Diamond,
    Pentagon,
    Hexagon,
    Octagon,
    Star,
    Heart,
    Cross,
    Ring,
    Crescent,
    Arrow,
}

/// Everything that a noun can put into the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Shape(Shape),
    Sun,
    Moon,
    Stars,
    Cloud,
    Rainbow,
    Bird,
    Mountain,
    Hill,
    Sea,
    Lake,
    River,
    Island,
    Boat,
    Grass,
    Desert,
    Beach,
    Road,
    Forest,
    Tree,
    Palm,
    Pine,
    Cactus,
    Flower,
    House,
    City,
    Balloon,
}

/// When it is; decides the sky and the light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Time {
    #[default]
    Day,
    Sunrise,
    Sunset,
    Night,
}

/// What falls or hangs in the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    Rain,
    Snow,
    Fog,
    Overcast,
}

/// What one word means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Meaning {
    Noun(Kind),
    Time(Time),
    Weather(Weather),
    Colour(Rgb),
    /// Lighter (positive) or darker (negative) of the colour that follows.
    Tint(f32),
    /// Factor on the usual size.
    Size(f32),
    /// Where, as parts of width and height; `None` leaves that axis alone.
    Place(Option<f32>, Option<f32>),
    Count(u32),
    /// The colour before it is the background's.
    Background,
    /// Snow lies on the ground and the mountains, but needn't fall.
    Snowy,
    /// Glue: articles, prepositions, and adjectives that say what is drawn anyway.
    Glue,
}

/// The meaning of a lower-case word, and whether it was a plural. `None` for a word that isn't known.
pub(crate) fn look_up(word: &str) -> Option<(Meaning, bool)> {
    if let Some(meaning) = exact(word) {
        return Some((meaning, false));
    }
    let singulars = [
        word.strip_suffix("ies").map(|stem| format!("{stem}y")),
        word.strip_suffix("es").map(str::to_owned),
        word.strip_suffix('s').map(str::to_owned),
    ];
    singulars
        .into_iter()
        .flatten()
        .find_map(|singular| exact(&singular).filter(|m| matches!(m, Meaning::Noun(_))))
        .map(|meaning| (meaning, true))
}

fn exact(word: &str) -> Option<Meaning> {
    if let Ok(count) = word.parse::<u32>() {
        return Some(Meaning::Count(count));
    }
    if let Some(index) = NUMBERS.iter().position(|&number| number == word) {
        return Some(Meaning::Count(index as u32));
    }
    if GLUE.contains(&word) {
        return Some(Meaning::Glue);
    }
    if let Some(&(_, rgb)) = COLOURS.iter().find(|(name, _)| *name == word) {
        return Some(Meaning::Colour(hex(rgb)));
    }
    noun(word).map(Meaning::Noun).or_else(|| modifier(word))
}

fn noun(word: &str) -> Option<Kind> {
    use Kind::*;
    Some(match word {
        "circle" | "disc" | "disk" | "dot" | "ball" | "sphere" => Shape(self::Shape::Circle),
        "ellipse" | "oval" => Shape(self::Shape::Ellipse),
        "square" | "cube" | "box" => Shape(self::Shape::Square),
        "rectangle" | "bar" => Shape(self::Shape::Rectangle),
        "triangle" => Shape(self::Shape::Triangle),
        "diamond" | "rhombus" => Shape(self::Shape::Diamond),
        "pentagon" => Shape(self::Shape::Pentagon),
        "hexagon" => Shape(self::Shape::Hexagon),
        "octagon" => Shape(self::Shape::Octagon),
        "star" => Shape(self::Shape::Star),
        "heart" => Shape(self::Shape::Heart),
        "cross" | "plus" => Shape(self::Shape::Cross),
        "ring" | "donut" | "doughnut" => Shape(self::Shape::Ring),
        "crescent" => Shape(self::Shape::Crescent),
        "arrow" => Shape(self::Shape::Arrow),
        "sun" => Sun,
        "moon" => Moon,
        "cloud" => Cloud,
        "rainbow" => Rainbow,
        "bird" | "gull" | "seagull" | "swallow" => Bird,
        "mountain" | "peak" | "alp" | "volcano" | "summit" => Mountain,
        "hill" | "valley" => Hill,
        "sea" | "ocean" | "wave" | "bay" => Sea,
        "lake" | "pond" | "water" => Lake,
        "river" | "stream" | "creek" => River,
        "island" => Island,
        "boat" | "ship" | "sailboat" | "yacht" => Boat,
        "grass" | "field" | "meadow" | "garden" | "lawn" => Grass,
        "desert" | "dune" | "sand" => Desert,
        "beach" | "shore" | "coast" => Beach,
        "road" | "street" | "path" | "highway" => Road,
        "forest" | "wood" | "jungle" => Forest,
        "tree" | "oak" | "birch" => Tree,
        "palm" => Palm,
        "pine" | "fir" | "spruce" => Pine,
        "cactus" | "cacti" => Cactus,
        "flower" | "tulip" | "rose" | "poppy" | "daisy" => Flower,
        "house" | "cottage" | "cabin" | "hut" | "farm" | "home" => House,
        "city" | "town" | "skyline" | "building" | "skyscraper" | "tower" => City,
        "balloon" => Balloon,
        _ => return None,
    })
}

fn modifier(word: &str) -> Option<Meaning> {
    use Meaning::*;
    Some(match word {
        "night" | "midnight" | "evening" | "nighttime" | "moonlit" | "moonlight" => Time(self::Time::Night),
        "sunset" | "dusk" | "twilight" => Time(self::Time::Sunset),
        "sunrise" | "dawn" | "morning" => Time(self::Time::Sunrise),
        "day" | "noon" | "daylight" | "afternoon" => Time(self::Time::Day),
        "rain" | "rainy" | "storm" | "stormy" | "raining" => Weather(self::Weather::Rain),
        "snow" | "snowfall" | "snowing" | "blizzard" => Weather(self::Weather::Snow),
        "fog" | "foggy" | "mist" | "misty" | "haze" | "hazy" => Weather(self::Weather::Fog),
        "cloudy" | "overcast" => Weather(self::Weather::Overcast),
        "snowy" | "winter" | "frozen" | "icy" => Snowy,
        "sunny" => Noun(Kind::Sun),
        "starry" | "starlit" => Noun(Kind::Stars),
        "background" | "sky" | "backdrop" => Background,
        "light" | "bright" | "pale" => Tint(0.45),
        "dark" | "deep" => Tint(-0.45),
        "tiny" | "little" => Size(0.45),
        "small" => Size(0.65),
        "big" | "large" | "tall" | "high" => Size(1.4),
        "huge" | "giant" | "enormous" | "gigantic" => Size(1.9),
        "left" => Place(Some(0.22), None),
        "right" => Place(Some(0.78), None),
        "top" | "upper" => Place(None, Some(0.2)),
        "bottom" | "lower" => Place(None, Some(0.8)),
        "center" | "centre" | "middle" => Place(Some(0.5), Some(0.5)),
        "single" | "an" | "a" => Count(1),
        "pair" | "couple" | "both" => Count(2),
        "few" => Count(3),
        "several" => Count(5),
        "dozen" => Count(12),
        "many" => Count(14),
        _ => return None,
    })
}

const NUMBERS: [&str; 21] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];

const GLUE: [&str; 44] = [
    "the",
    "and",
    "with",
    "on",
    "in",
    "at",
    "of",
    "over",
    "under",
    "above",
    "below",
    "behind",
    "before",
    "by",
    "near",
    "next",
    "to",
    "from",
    "for",
    "some",
    "is",
    "are",
    "its",
    "it",
    "there",
    "full",
    "sailing",
    "flying",
    "shining",
    "rising",
    "setting",
    "picture",
    "image",
    "painting",
    "drawing",
    "photo",
    "landscape",
    "scene",
    "side",
    "beside",
    "between",
    "around",
    "into",
    "or",
];

const COLOURS: [(&str, u32); 38] = [
    ("red", 0xD8_2C2C),
    ("green", 0x3F_A04A),
    ("blue", 0x2B_63C9),
    ("yellow", 0xF4_C92B),
    ("orange", 0xF0_8A24),
    ("purple", 0x7D_3FA8),
    ("violet", 0x8A_4FD0),
    ("pink", 0xF0_8DB4),
    ("magenta", 0xC8_2C9A),
    ("cyan", 0x2C_C4D4),
    ("turquoise", 0x35_C6B8),
    ("teal", 0x16_8080),
    ("brown", 0x7E_5230),
    ("black", 0x1C_1C22),
    ("white", 0xF6_F4EE),
    ("gray", 0x88_8A90),
    ("grey", 0x88_8A90),
    ("silver", 0xBC_C2CA),
    ("gold", 0xD9_A827),
    ("golden", 0xD9_A827),
    ("beige", 0xE6_D8B8),
    ("ivory", 0xF6_F0DC),
    ("cream", 0xF6_EBCB),
    ("navy", 0x1B_2C60),
    ("maroon", 0x7C_1F2B),
    ("crimson", 0xB8_1C3C),
    ("scarlet", 0xE0_3420),
    ("coral", 0xF4_7A62),
    ("salmon", 0xF4_9080),
    ("peach", 0xF8_C09C),
    ("lime", 0x9A_D42C),
    ("olive", 0x80_8030),
    ("mint", 0x98_E0BC),
    ("indigo", 0x3F_3C9C),
    ("lavender", 0xB8_A4E4),
    ("azure", 0x3C_9CE8),
    ("emerald", 0x28_A870),
    ("amber", 0xF4_B023),
];
