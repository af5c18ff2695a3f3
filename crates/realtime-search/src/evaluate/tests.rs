//! The floor: what the README's table says, with a little room.

use super::{Part, evaluate, mean};
use crate::pipeline::Weights;

#[test]
fn context_helps_and_does_no_harm() {
    let scored = evaluate(&Weights::default(), None).expect("the judged set");
    for part in [Part::Tuning, Part::HeldOut] {
        let (without, with) = mean(&scored, |scored| scored.part == part).expect("queries");
        assert!(with.ndcg >= 1.15 * without.ndcg, "{part:?}: {} {}", without.ndcg, with.ndcg);
        assert!(without.ndcg >= 0.65 && with.ndcg >= 0.78, "{part:?}: {} {}", without.ndcg, with.ndcg);
        assert!(with.recall >= 0.9 && with.duplicates <= 0.03, "{part:?}: {with:?}");
        let (without, with) = mean(&scored, |scored| scored.part == part && !scored.needs_context).expect("queries");
        assert!(
            with.ndcg >= 0.95 * without.ndcg,
            "{part:?}: queries that mean one thing: {} {}",
            without.ndcg,
            with.ndcg
        );
    }
    assert!(
        scored.len() >= 60 && scored.iter().filter(|scored| scored.part == Part::HeldOut).count() * 3 >= scored.len()
    );
}
