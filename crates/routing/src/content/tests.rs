use super::*;

/// The course's router: the first category of which a word is a substring of the text.
fn course(text: &str) -> Category {
    let text = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["code", "function", "program", "algorithm", "debug"]) {
        Category::Code
    } else if has(&["story", "poem", "creative", "write", "design"]) {
        Category::Creative
    } else if has(&["research", "study", "science", "experiment", "data"]) {
        Category::Scientific
    } else {
        Category::General
    }
}

#[test]
fn every_line_of_the_examples_is_one() {
    assert_eq!(bundled_examples().count(), EXAMPLES.lines().count());
    for category in Category::ALL {
        assert!(bundled_examples().filter(|(found, _)| *found == category).count() >= 80, "{category:?}");
    }
}

#[test]
fn where_substrings_fail() {
    for (text, right) in [
        ("Where can I scan the barcode of my boarding pass at the airport?", Category::General),
        ("Design a study with a control group to measure memory", Category::Scientific),
        ("Write a query that counts orders per customer", Category::Code),
        ("Why does my build fail with a type mismatch from the compiler?", Category::Code),
        ("Compose a haiku about the sea", Category::Creative),
    ] {
        assert_ne!(course(text), right, "the course's router fails: {text}");
        let found = Classifier::bundled().classify(text);
        assert_eq!(found.category, right, "{text}: {found:#?}");
    }
}

#[test]
fn what_is_not_clear_goes_to_general_and_says_so() {
    for text in ["", "xyzzy plugh", "?!?", "42", "the of and to", &"\u{1f980}".repeat(5000)] {
        let found = Classifier::bundled().classify(text);
        assert_eq!((found.category, found.abstained), (Category::General, true), "{text}");
        let sum: f64 = found.likelihoods.iter().map(|likelihood| likelihood.probability).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    }
}

#[test]
fn an_explanation_names_terms_of_the_text() {
    let found = Classifier::bundled().classify("Write unit tests for this Python function");
    assert_eq!(found.category, Category::Code);
    assert!(found.evidence.iter().any(|evidence| evidence.term == "function" && evidence.weight > 0.0), "{found:#?}");
    assert_eq!(found, Classifier::bundled().classify("Write unit tests for this Python function"), "always the same");
}

/// Leave one out: each example is classified by a classifier that has not seen it.
#[test]
fn held_out_examples_are_mostly_right_and_as_right_as_it_says() {
    let all: Vec<(Category, &str)> = bundled_examples().collect();
    let (mut decided, mut right, mut sure, mut sure_and_right) = (0, 0, 0, 0);
    let mut confused = 0;
    for at in 0..all.len() {
        let rest = all.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, example)| *example);
        let found = Classifier::train(rest).classify(all[at].1);
        let is_right = found.category == all[at].0;
        if !found.abstained {
            decided += 1;
            right += usize::from(is_right);
        }
        confused += usize::from(!is_right && found.category != Category::General);
        if found.likelihoods[0].probability >= 0.9 {
            sure += 1;
            sure_and_right += usize::from(is_right);
        }
    }
    eprintln!(
        "{} examples, {decided} decided, {right} right, {confused} sent to a wrong specialist; of {sure} that were called 90 % likely, {sure_and_right} right",
        all.len()
    );
    assert!(right * 100 >= decided * 90 && confused * 100 <= all.len() * 7);
    assert!(sure_and_right * 100 >= sure * 90);
}
