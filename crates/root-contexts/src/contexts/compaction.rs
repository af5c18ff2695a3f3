//! Compaction: a long conversation keeps its newest messages, and one message stands for all before them. That message
//! holds every insight word for word, a few sentences that say most of the rest, and what was dropped.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    insights::{Insight, cut},
    model::{Covers, Role},
    summary::{Said, rank, sentences_of},
};

/// Messages from this number on are condensed, unless a context was made with another.
pub const COMPACT_AFTER: u32 = 50;
/// Sentences, besides insights, that are kept of what is dropped.
const GIST: usize = 8;
/// Longest of them, in characters.
const MAX_GIST_CHARS: usize = 300;

/// What is left of messages that are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condensed {
    /// Position of the first of them.
    pub first_position: u32,
    /// Position of the last of them.
    pub last_position: u32,
    /// How many there were of each role.
    pub messages: BTreeMap<Role, u32>,
    /// Size of their text, in bytes.
    pub bytes: u32,
    /// Sentences that say most of what they said, besides the insights.
    pub gist: Vec<Gist>,
}

/// A sentence that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gist {
    /// Position of its message.
    pub position: u32,
    /// Who said it.
    pub role: Role,
    /// The sentence.
    pub text: String,
}

/// One message in place of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compaction {
    /// Positions of the messages that go.
    pub replaced: Vec<u32>,
    /// What is left of them.
    pub condensed: Condensed,
    /// The text of the message that stands for them, at the position of the last of them.
    pub content: String,
}

impl Condensed {
    /// For callers.
    pub fn covers(&self) -> Covers {
        Covers {
            first_position: self.first_position,
            last_position: self.last_position,
            messages: self.count(),
            bytes: self.bytes,
        }
    }

    fn count(&self) -> u32 {
        self.messages.values().sum()
    }
}

/// What to condense of these messages (all that are kept, in order), if there are more than `compact_after`.
pub fn compact(said: &[Said], insights: &[Insight], compact_after: u32) -> Option<Compaction> {
    let limit = compact_after as usize;
    if said.len() <= limit {
        return None;
    }
    // Half of them stay, so that this happens once in a while and not at each message.
    let (old, _) = said.split_at(said.len() - (limit / 2).max(1));
    let (first, last) = (old.first()?, old.last()?);
    if old.len() < 2 {
        return None;
    }
    let mut condensed = Condensed {
        first_position: first.condensed.as_ref().map_or(first.position, |before| before.first_position),
        last_position: last.position,
        messages: BTreeMap::new(),
        bytes: 0,
        gist: Vec::new(),
    };
    for message in old {
        match &message.condensed {
            Some(before) => {
                condensed.bytes = condensed.bytes.saturating_add(before.bytes);
                for (role, count) in &before.messages {
                    *condensed.messages.entry(*role).or_default() += count;
                }
            }
            None => {
                let bytes = u32::try_from(message.content.len()).unwrap_or(u32::MAX);
                condensed.bytes = condensed.bytes.saturating_add(bytes);
                *condensed.messages.entry(message.role).or_default() += 1;
            }
        }
    }
    let others: Vec<_> = sentences_of(old, insights).into_iter().filter(|sentence| !sentence.is_insight).collect();
    condensed.gist = rank::pick(&others, GIST)
        .into_iter()
        .map(|picked| Gist { position: picked.position, role: picked.role, text: cut(&picked.text, MAX_GIST_CHARS) })
        .collect();
    let replaced = old.iter().map(|message| message.position).collect();
    let content = text(&condensed, insights);
    Some(Compaction { replaced, condensed, content })
}

fn text(condensed: &Condensed, insights: &[Insight]) -> String {
    let roles: Vec<String> = condensed.messages.iter().map(|(role, count)| format!("{count} {role}")).collect();
    let mut text = format!(
        "Condensed by the server, extractive: {} messages ({}), positions {} to {}, {} bytes. Dropped: everything that \
         does not stand below.",
        condensed.count(),
        roles.join(", "),
        condensed.first_position,
        condensed.last_position,
        condensed.bytes,
    );
    let kept: Vec<&Insight> = insights.iter().filter(|insight| insight.position <= condensed.last_position).collect();
    if !kept.is_empty() {
        text.push_str("\nDecisions and insights:");
        for insight in kept {
            text.push_str(&format!("\n- [{}, {}] {}", insight.position, insight.role, insight.text));
        }
    }
    if !condensed.gist.is_empty() {
        text.push_str("\nSentences that say most of the rest:");
        for gist in &condensed.gist {
            text.push_str(&format!("\n- [{}, {}] {}", gist.position, gist.role, gist.text));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::contexts::insights::insights;

    fn said(position: u32, content: &str) -> Said {
        Said { position, role: Role::User, content: content.to_owned(), condensed: None }
    }

    /// Appends one by one and compacts whenever it is time.
    fn play(texts: &[String], compact_after: u32) -> (Vec<Said>, Vec<Insight>) {
        let (mut kept, mut all) = (Vec::new(), Vec::new());
        for (position, text) in (1..).zip(texts) {
            kept.push(said(position, text));
            all.extend(insights(position, Role::User, text));
            if let Some(compaction) = compact(&kept, &all, compact_after) {
                kept.retain(|message| !compaction.replaced.contains(&message.position));
                let summary = Said {
                    position: compaction.condensed.last_position,
                    role: Role::System,
                    content: compaction.content,
                    condensed: Some(compaction.condensed),
                };
                kept.insert(0, summary);
            }
        }
        (kept, all)
    }

    #[test]
    fn the_newest_stay_and_the_rest_is_accounted_for() {
        let texts: Vec<String> = (1..=130)
            .map(|number| match number {
                7 => "We decided to refund the charge.".to_owned(),
                _ => format!("Message number {number} is about parcel {number}."),
            })
            .collect();
        let (kept, _) = play(&texts, 50);
        let summary = kept[0].condensed.as_ref().expect("condensed");
        assert!(kept.len() <= 50 && kept[0].content.contains("We decided to refund the charge."));
        assert_eq!((summary.first_position, kept.last().map(|message| message.position)), (1, Some(130)));
        assert_eq!(summary.covers().messages as usize + kept.len() - 1, 130);
        let dropped: usize = texts[..summary.last_position as usize].iter().map(String::len).sum();
        assert_eq!(summary.bytes as usize, dropped);
        assert!((1..=GIST).contains(&summary.gist.len()), "{:?}", summary.gist);
        assert!(compact(&kept[..1], &[], 1).is_none(), "one message is not condensed again");
    }

    proptest! {
        #[test]
        fn no_insight_is_lost(
            texts in prop::collection::vec("[a-c ]{0,12}(must|decided|x)[a-c ]{0,12}[.!]", 1..60),
            compact_after in 2_u32..12,
        ) {
            let (kept, all) = play(&texts, compact_after);
            for insight in &all {
                let found = kept.iter().any(|message| match &message.condensed {
                    Some(_) => message.content.contains(&insight.text),
                    None => message.position == insight.position,
                });
                prop_assert!(found, "{insight:?}");
            }
            // What is kept follows without a gap upon what is condensed, and ends with the newest.
            let first = kept[0].condensed.as_ref().map_or(kept[0].position, |condensed| condensed.last_position);
            let positions: Vec<u32> = kept.iter().map(|message| message.position).collect();
            prop_assert_eq!(positions, (first..=texts.len() as u32).collect::<Vec<_>>());
            prop_assert!(kept.len() <= compact_after as usize);
        }
    }
}
