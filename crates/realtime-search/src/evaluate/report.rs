//! The table.

use std::fmt::Write;

use super::{Measures, Part, Scored, mean};

/// A table of all parts of what was scored, and of the kinds of query.
///
/// # Errors
/// Nothing was scored.
pub fn table(scored: &[Scored], queries_too: bool) -> anyhow::Result<String> {
    let mut text = format!("{:28} {:>3}  {:23} {:23} gain\n", "", "n", "without context", "with context");
    let _ = writeln!(text, "{:28} {:>3}  {:23} {:23}", "", "", "nDCG  rec   fresh dup", "nDCG  rec   fresh dup");
    for (part, name) in [(Part::Tuning, "tuning part"), (Part::HeldOut, "held-out part")] {
        let of_part: Vec<Scored> = scored.iter().filter(|scored| scored.part == part).cloned().collect();
        if of_part.is_empty() {
            continue;
        }
        row(&mut text, name, &of_part, |_| true)?;
        for (needs, name) in [(true, "  means different things"), (false, "  means one thing")] {
            if of_part.iter().any(|scored| scored.needs_context == needs) {
                row(&mut text, name, &of_part, |scored| scored.needs_context == needs)?;
            }
        }
        let mut kinds: Vec<&str> = of_part.iter().map(|scored| scored.kind.as_str()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        for kind in kinds {
            row(&mut text, &format!("  {kind}"), &of_part, |scored| scored.kind == kind)?;
        }
    }
    if queries_too {
        for one in scored {
            let _ = writeln!(text, "{} {:12} {:.3} -> {:.3}", one.query, one.kind, one.without.ndcg, one.with.ndcg);
        }
    }
    Ok(text)
}

fn row(text: &mut String, name: &str, scored: &[Scored], choose: impl Fn(&Scored) -> bool) -> anyhow::Result<()> {
    let count = scored.iter().filter(|scored| choose(scored)).count();
    let (without, with) = mean(scored, choose)?;
    let numbers = |measures: Measures| {
        let Measures { ndcg, recall, freshness, duplicates } = measures;
        format!("{ndcg:.3} {recall:.3} {freshness:.3} {duplicates:.3}")
    };
    let gain = 100.0 * (with.ndcg / without.ndcg.max(f64::MIN_POSITIVE) - 1.0);
    let _ = writeln!(text, "{name:28} {count:>3}  {:23} {:23} {gain:+.0} %", numbers(without), numbers(with));
    Ok(())
}
