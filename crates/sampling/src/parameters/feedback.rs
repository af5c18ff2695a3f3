//! What scores teach: badly rated answers make the next ones more careful, well rated ones allow more. Both within
//! bounds, and each score fades with the next.

use std::{
    collections::{HashMap, VecDeque},
    sync::Mutex,
};

use rand::RngExt;

use super::TaskType;
use crate::error::{Refusal, quoted};

/// How far feedback can move a temperature, up or down.
pub const MOST: f64 = 0.3;
/// How far one score moves it, at most.
const STEP: f64 = 0.1;
/// What is left of the earlier scores.
const FADING: f64 = 0.9;
/// Generations that can still be rated, of all callers.
const REMEMBERED: usize = 10_000;
/// Callers and kinds that are learned about.
const LEARNERS: usize = 10_000;

/// Who is learned about: a caller's answers of one kind.
type Learner = (String, TaskType);

#[derive(Debug, Default)]
struct State {
    generations: HashMap<String, Learner>,
    /// The oldest first.
    order: VecDeque<String>,
    learned: HashMap<Learner, f64>,
}

/// Scores of earlier answers, and what they have taught. In this process only.
// Production: several processes need a shared store.
#[derive(Debug, Default)]
pub struct Feedback(Mutex<State>);

impl Feedback {
    /// What is added to the temperature of this caller's answers of this kind.
    pub fn learned(&self, owner: &str, kind: TaskType) -> f64 {
        let learner = (owner.to_owned(), kind);
        self.0.lock().ok().and_then(|state| state.learned.get(&learner).copied()).unwrap_or_default()
    }

    /// Remembers an answer, so that it can be rated by its id.
    pub fn remember(&self, owner: &str, kind: TaskType) -> String {
        let id = format!("gen-{:032x}", rand::rng().random::<u128>());
        if let Ok(mut state) = self.0.lock() {
            if state.order.len() >= REMEMBERED
                && let Some(oldest) = state.order.pop_front()
            {
                state.generations.remove(&oldest);
            }
            state.order.push_back(id.clone());
            state.generations.insert(id.clone(), (owner.to_owned(), kind));
        }
        id
    }

    /// Rates an answer once, from 0 to 1. What is now added to the temperature.
    ///
    /// # Errors
    /// The score is out of its range, or there is no such answer of this caller that was not rated yet.
    pub fn record(&self, owner: &str, id: &str, score: f64) -> Result<(TaskType, f64), Refusal> {
        if !(0.0..=1.0).contains(&score) {
            return Err(Refusal::argument(format!("score is {score}"), "score must be from 0 (bad) to 1 (good)"));
        }
        let unknown = || {
            let hint = "use a generation_id that generate has returned to you, once";
            Refusal::argument(format!("there is no answer {} to rate", quoted(id)), hint)
        };
        let Ok(mut state) = self.0.lock() else { return Err(unknown()) };
        if state.generations.get(id).is_none_or(|(whose, _)| whose != owner) {
            return Err(unknown());
        }
        let Some(learner) = state.generations.remove(id) else { return Err(unknown()) };
        state.order.retain(|kept| kept != id);
        let kind = learner.1;
        let full = state.learned.len() >= LEARNERS && !state.learned.contains_key(&learner);
        if full && let Some(any) = state.learned.keys().next().cloned() {
            state.learned.remove(&any);
        }
        let learned = state.learned.entry(learner).or_default();
        *learned = (FADING * *learned + STEP * (2.0 * score - 1.0)).clamp(-MOST, MOST);
        Ok((kind, *learned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(feedback: &Feedback, score: f64) -> f64 {
        let id = feedback.remember("ada", TaskType::Creative);
        feedback.record("ada", &id, score).expect("a score").1
    }

    #[test]
    fn it_moves_both_ways_within_bounds_and_recovers() {
        let feedback = Feedback::default();
        for _ in 0..50 {
            assert!(rate(&feedback, 0.0) >= -MOST);
        }
        assert_eq!(feedback.learned("ada", TaskType::Creative), -MOST);
        assert_eq!(feedback.learned("ada", TaskType::Code), 0.0, "each kind learns for itself");
        assert_eq!(feedback.learned("bob", TaskType::Creative), 0.0, "and each caller");
        for _ in 0..50 {
            assert!(rate(&feedback, 1.0) <= MOST);
        }
        assert_eq!(feedback.learned("ada", TaskType::Creative), MOST, "all the way back, and beyond");
        for _ in 0..100 {
            rate(&feedback, 0.5);
        }
        assert!(feedback.learned("ada", TaskType::Creative).abs() < 0.001, "indifference forgets");
    }

    #[test]
    fn an_answer_is_rated_once_and_by_its_owner() {
        let feedback = Feedback::default();
        let id = feedback.remember("ada", TaskType::Code);
        assert_eq!(
            feedback.record("bob", &id, 1.0).expect_err("not bob's").to_string(),
            feedback.record("bob", &id, 1.0).expect_err("not bob's").to_string()
        );
        for wrong in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(feedback.record("ada", &id, wrong).is_err(), "{wrong}");
        }
        assert!(feedback.record("ada", &id, 0.9).is_ok());
        assert!(feedback.record("ada", &id, 0.9).is_err(), "once");
        assert!(feedback.record("ada", "gen-0", 0.9).is_err());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let feedback = Feedback::default();
        let first = feedback.remember("ada", TaskType::Code);
        for _ in 0..REMEMBERED {
            feedback.remember("ada", TaskType::Code);
        }
        assert!(feedback.record("ada", &first, 1.0).is_err(), "the oldest is forgotten");
    }
}
