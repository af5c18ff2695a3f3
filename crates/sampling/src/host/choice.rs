//! Which model answers. The server says what matters to it; the host decides, and says why.

use mcp_support::llm::{ChatRequest, Message, Part};

use super::visible::one_line;
use crate::completer::Preferences;

/// A model as this host sees it. The numbers run from 0 to 1, and are the judgement of whoever set them.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// A server's hints are looked for in it.
    pub name: String,
    /// 0 is free, 1 is the dearest.
    pub cost: f64,
    /// 1 is the fastest.
    pub speed: f64,
    /// 1 is the most capable.
    pub intelligence: f64,
    /// Whether it takes pictures.
    pub images: bool,
    /// Whether it takes sounds.
    pub audio: bool,
}

impl std::str::FromStr for Card {
    type Err = String;

    /// `NAME=COST,SPEED,INTELLIGENCE`, and perhaps `,image` and `,audio`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || "expected NAME=COST,SPEED,INTELLIGENCE, each from 0 to 1, perhaps with ,image or ,audio".to_owned();
        let (name, numbers) = text.rsplit_once('=').filter(|(name, _)| !name.trim().is_empty()).ok_or_else(wrong)?;
        let parts: Vec<&str> = numbers.split(',').map(str::trim).collect();
        let [cost, speed, intelligence, senses @ ..] = parts.as_slice() else { return Err(wrong()) };
        let number = |text: &str| text.parse().ok().filter(|number| (0.0..=1.0).contains(number)).ok_or_else(wrong);
        if senses.iter().any(|sense| !["image", "audio"].contains(sense)) {
            return Err(wrong());
        }
        Ok(Self {
            name: name.trim().to_owned(),
            cost: number(cost)?,
            speed: number(speed)?,
            intelligence: number(intelligence)?,
            images: senses.contains(&"image"),
            audio: senses.contains(&"audio"),
        })
    }
}

/// What was chosen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    /// Its place in the catalogue.
    pub(super) index: usize,
    /// Why, in words for a person.
    pub(super) reason: String,
}

/// The model for a request, or why none here can take it.
///
/// Spec(2025-11-25, sampling): hints are tried in their order, each as a part of a name, and come before priorities.
pub(super) fn choose(cards: &[Card], wanted: &Preferences, chat: &ChatRequest) -> Result<Choice, String> {
    let (images, audio) = senses(chat);
    let able: Vec<usize> =
        (0..cards.len()).filter(|index| (cards[*index].images || !images) && (cards[*index].audio || !audio)).collect();
    let needs = match (images, audio) {
        (true, true) => "pictures and sounds",
        (true, false) => "pictures",
        _ => "sounds",
    };
    match able.as_slice() {
        [] => return Err(format!("no model of this host takes {needs}")),
        [only] if images || audio => return Ok(Choice { index: *only, reason: format!("the only one for {needs}") }),
        [only] => return Ok(Choice { index: *only, reason: "the only one here".to_owned() }),
        _ => {}
    }
    for hint in wanted.hints.iter().map(|hint| hint.to_lowercase()).filter(|hint| !hint.trim().is_empty()) {
        if let Some(index) = able.iter().find(|index| cards[**index].name.to_lowercase().contains(&hint)) {
            return Ok(Choice { index: *index, reason: format!("its name has the hint '{}'", one_line(&hint, 60)) });
        }
    }
    let nothing_matters = wanted.cost == 0.0 && wanted.speed == 0.0 && wanted.intelligence == 0.0;
    // The first of equals: order in the catalogue is the host's own preference.
    let mut best = (able[0], score(&cards[able[0]], wanted));
    for index in able.into_iter().skip(1) {
        let score = score(&cards[index], wanted);
        if score > best.1 {
            best = (index, score);
        }
    }
    let reason = match nothing_matters {
        true => "the server has no preference, and it is the first".to_owned(),
        false => format!(
            "it scores {:.2} for cost {:.1}, speed {:.1}, intelligence {:.1}",
            best.1, wanted.cost, wanted.speed, wanted.intelligence
        ),
    };
    Ok(Choice { index: best.0, reason })
}

/// A priority for cost is one for being cheap.
fn score(card: &Card, wanted: &Preferences) -> f64 {
    wanted.cost * (1.0 - card.cost) + wanted.speed * card.speed + wanted.intelligence * card.intelligence
}

/// Whether there are pictures, and whether there are sounds.
fn senses(chat: &ChatRequest) -> (bool, bool) {
    let parts = || {
        chat.messages.iter().flat_map(|message| match message {
            Message::User(parts) => parts.as_slice(),
            _ => &[],
        })
    };
    (parts().any(|part| matches!(part, Part::Image { .. })), parts().any(|part| matches!(part, Part::Audio { .. })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cards() -> Vec<Card> {
        ["big-brain-2=0.9,0.2,0.9,image", "quick-1=0.3,0.9,0.4", "embedded=0,0.9,0.1"]
            .iter()
            .map(|text| text.parse().expect("a card"))
            .collect()
    }

    fn wanted(hints: &[&str], cost: f64, speed: f64, intelligence: f64) -> Preferences {
        Preferences { hints: hints.iter().map(|hint| (*hint).to_owned()).collect(), cost, speed, intelligence }
    }

    #[test]
    fn hints_come_first_then_priorities_then_the_order() {
        for (preferences, name, reason) in [
            (wanted(&["nothing", "QUICK", "brain"], 0.0, 0.0, 1.0), "quick-1", "its name has the hint 'quick'"),
            (wanted(&[""], 0.0, 0.0, 1.0), "big-brain-2", "it scores 0.90"),
            (wanted(&[], 1.0, 0.0, 0.0), "embedded", "it scores 1.00"),
            (wanted(&[], 0.0, 1.0, 0.0), "quick-1", "it scores 0.90"), // as fast as the next, and before it
            (wanted(&[], 0.0, 0.0, 0.0), "big-brain-2", "the server has no preference"),
        ] {
            let choice = choose(&cards(), &preferences, &ChatRequest::default()).expect("a choice");
            assert_eq!(cards()[choice.index].name, name, "{preferences:?}");
            assert!(choice.reason.starts_with(reason), "{preferences:?}: {}", choice.reason);
        }
    }

    #[test]
    fn a_picture_goes_to_a_model_that_sees() {
        let picture = Part::Image { media_type: "image/png".into(), data: Default::default() };
        let sound = Part::Audio { media_type: "audio/wav".into(), data: Default::default() };
        let chat = |parts| ChatRequest { messages: vec![Message::User(parts)], ..ChatRequest::default() };
        let hint = wanted(&["quick"], 0.0, 0.0, 0.0);
        let choice = choose(&cards(), &hint, &chat(vec![picture.clone()])).expect("a choice");
        assert_eq!((choice.index, choice.reason.as_str()), (0, "the only one for pictures"));
        let refused = choose(&cards(), &hint, &chat(vec![picture, sound]));
        assert_eq!(refused, Err("no model of this host takes pictures and sounds".to_owned()));
    }

    #[test]
    fn a_description_is_complete_or_refused() {
        for text in ["", "x", "x=", "=0,0,0", "x=0,0", "x=0,0,2", "x=0,0,NaN", "x=0,0,0,smell", "x=a,0,0"] {
            assert!(text.parse::<Card>().is_err(), "{text}");
        }
    }
}
