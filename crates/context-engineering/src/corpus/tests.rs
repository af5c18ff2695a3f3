use super::*;
use crate::document::{About, Kind};

fn document(id: &str, text: &str) -> Document {
    Document::new(id, Kind::Text, text, About::default()).expect("a document")
}

#[test]
fn a_document_takes_the_place_of_another() {
    let mut corpus = Corpus::default();
    let first = corpus.ingest(vec![document("a", "the old gate"), document("b", "the dock")]).expect("fits");
    assert_eq!((first.added, first.replaced, first.chunks), (2, 0, 2));
    let second = corpus.ingest(vec![document("a", "the new lamp")]).expect("fits");
    assert_eq!((second.added, second.replaced), (0, 1));
    assert_eq!((corpus.len(), corpus.documents().count()), (2, 2));
    let texts: Vec<&str> = corpus.all().into_iter().map(|at| corpus.piece(at).text()).collect();
    assert_eq!(texts, ["the new lamp", "the dock"]);
    assert_eq!((corpus.vectors().len(), corpus.keyword().len()), (2, 2));
    assert_eq!((corpus.keyword().frequency("old"), corpus.keyword().frequency("new")), (0, 1));
}

#[test]
fn who_replaces_a_document_for_ever_fills_nothing() {
    let mut corpus = Corpus::default();
    let lamps = (0..20).map(|n| document(&format!("lamp{n}"), &format!("lamp number {n} of the gate")));
    corpus.ingest(lamps.collect()).expect("fits");
    for round in 0..100 {
        corpus.ingest(vec![document("a", &format!("round {round} of the dock"))]).expect("fits");
        assert_eq!((corpus.len(), corpus.vectors().len(), corpus.keyword().len()), (21, 21, 21));
    }
    assert_eq!((corpus.keyword().frequency("98"), corpus.keyword().frequency("99")), (0, 1));
    assert!(corpus.learned_from == 21 && corpus.new_since <= 21, "it has learned from the new ones too");
}

#[test]
fn a_fingerprint_is_that_of_the_words() {
    let of = |texts: &[(&str, &str)]| {
        let mut corpus = Corpus::default();
        for (id, text) in texts {
            corpus.ingest(vec![document(id, text)]).expect("fits");
        }
        corpus.fingerprint()
    };
    let there = of(&[("a", "gate"), ("b", "dock")]);
    assert_eq!(there, of(&[("b", "lamp"), ("a", "gate"), ("b", "dock")]), "whatever was there before");
    assert_ne!(there, of(&[("a", "gate"), ("b", "lock")]), "as long, and other words");
    assert_ne!(there, of(&[("b", "gate"), ("a", "dock")]));
}

#[test]
fn the_embedder_learns_again_when_there_is_much_more() {
    let mut corpus = Corpus::default();
    corpus.ingest(vec![document("a", "the gate"), document("b", "the dock")]).expect("fits");
    assert_eq!(corpus.learned_from, 2);
    corpus
        .ingest((0..40).map(|n| document(&format!("d{n}"), &format!("lamp number {n} of the gate"))).collect())
        .expect("fits");
    assert_eq!(corpus.learned_from, 42);
    assert!(corpus.embedder_name().contains("embedded"), "{}", corpus.embedder_name());
}
