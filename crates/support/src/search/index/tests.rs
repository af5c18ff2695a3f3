//! What is found.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

pub(super) fn document(id: &str, title: &str, body: &str) -> IndexDocument {
    IndexDocument { id: id.to_owned(), title: title.to_owned(), body: body.to_owned(), ..IndexDocument::default() }
}

pub(super) fn shop() -> Vec<IndexDocument> {
    let facets = |kind: &str, language: &str| {
        BTreeMap::from([("kind".to_owned(), vec![kind.to_owned()]), ("language".to_owned(), vec![language.to_owned()])])
    };
    vec![
        IndexDocument {
            facets: facets("product", "en"),
            date: Some(300),
            number: Some(12.5),
            ..document("green", "Green tea", "A mild green tea from Kyoto, steamed and brewed below boiling.")
        },
        IndexDocument {
            facets: facets("product", "de"),
            date: Some(100),
            number: Some(-4.0),
            ..document(
                "black",
                "Black tea",
                "Strong and dark; brewing takes four minutes. The taste of green leaves is gone.",
            )
        },
        IndexDocument {
            facets: facets("page", "en"),
            date: Some(200),
            ..document(
                "pots",
                "Pots and kettles",
                "Which pot suits which tea? Clay for dark teas, glass for green ones.",
            )
        },
        document("rust", "Rust and C++", "Two languages without a garbage collector. C# has one."),
    ]
}

fn index() -> SearchIndex {
    let index = SearchIndex::in_memory(&IndexOptions::default()).expect("an index");
    for document in shop() {
        index.add(&document).expect("a document");
    }
    index.commit().expect("committed");
    index
}

fn ids(index: &SearchIndex, query: &SearchQuery) -> Vec<String> {
    index.search(query).expect("searched").hits.into_iter().map(|hit| hit.id).collect()
}

pub(super) fn found(index: &SearchIndex, text: &str) -> Vec<String> {
    ids(index, &SearchQuery::new(text))
}

fn filtered(text: &str, filter: Filter) -> SearchQuery {
    SearchQuery { filters: vec![filter], sort: Sort::Newest, ..SearchQuery::new(text) }
}

#[test]
fn words_phrases_and_what_must_not_be() {
    let index = index();
    assert_eq!(found(&index, "green tea"), ["green", "black", "pots"]);
    assert_eq!(found(&index, "GREEN teas!"), ["green", "black", "pots"], "case, endings and signs");
    assert_eq!(found(&index, "\"green tea\""), ["green"]);
    assert_eq!(found(&index, "tea -green"), Vec::<String>::new());
    assert_eq!(found(&index, "tea -\"dark teas\" -kyoto"), ["black"]);
    assert_eq!(found(&index, "brew"), ["green", "black"], "of equal weight, in the order they came");
    assert_eq!(found(&index, "c++"), ["rust"]);
    assert_eq!(found(&index, "c#"), ["rust"]);
    assert_eq!(found(&index, "the and of"), found(&index, "of the and"), "stop words alone are words");
    assert_eq!(found(&index, "coffee"), Vec::<String>::new());
    assert_eq!(found(&index, "\"green tea\" kettle").len(), 1, "the phrase has to stand there");
    assert_eq!(found(&index, "").len(), 4);
    assert_eq!(found(&index, "-green"), ["rust"]);
}

#[test]
fn filters_alone_and_together() {
    let index = index();
    let all = |filter| ids(&index, &filtered("", filter));
    assert_eq!(all(Filter::is("kind", "product")), ["green", "black"]);
    assert_eq!(all(Filter::is("kind", "Product")), Vec::<String>::new(), "exact");
    assert_eq!(all(Filter::is_not("language", "en")), ["black", "rust"]);
    assert_eq!(
        all(Filter::Is { facet: "language".to_owned(), any_of: vec!["en".to_owned(), "de".to_owned()] }).len(),
        3
    );
    assert_eq!(all(Filter::Is { facet: "language".to_owned(), any_of: vec![] }).len(), 0);
    assert_eq!(all(Filter::IsNot { facet: "language".to_owned(), any_of: vec![] }).len(), 4);
    assert_eq!(all(Filter::Date { from: Some(200), until: None }), ["green", "pots"]);
    assert_eq!(all(Filter::Date { from: None, until: Some(200) }), ["black"]);
    assert_eq!(all(Filter::Number { least: None, most: Some(12.5) }), ["green", "black"]);
    assert_eq!(all(Filter::Number { least: Some(-3.5), most: None }), ["green"]);
    let both = vec![Filter::is("kind", "product"), Filter::is("language", "en")];
    assert_eq!(ids(&index, &SearchQuery { filters: both, ..SearchQuery::new("tea") }), ["green"]);
    let score =
        |filters| index.search(&SearchQuery { filters, ..SearchQuery::new("kyoto") }).expect("hits").hits[0].score;
    assert_eq!(
        score(vec![Filter::is("kind", "product")]).to_bits(),
        score(vec![]).to_bits(),
        "a filter weighs nothing"
    );
}

#[test]
fn pages_of_hits_and_their_documents() {
    let index = index();
    let query = SearchQuery { limit: 1, offset: 1, ..SearchQuery::new("tea") };
    let page = index.search(&query).expect("a page");
    assert_eq!((page.total, page.hits.len()), (3, 1));
    let none = index.search(&SearchQuery { limit: 0, ..SearchQuery::new("tea") }).expect("a count");
    assert_eq!((none.total, none.hits.len()), (3, 0));
    let hit = &index.search(&SearchQuery::new("kyoto")).expect("a hit").hits[0];
    assert_eq!(hit.id, "green");
    assert!(hit.score > 0.0);
    assert_eq!(index.get("green").expect("read").as_ref(), Some(&shop()[0]));
    assert_eq!(index.get("none").expect("read"), None);
}

#[test]
fn a_document_is_replaced_and_removed() {
    let index = index();
    index.add(&document("green", "Oolong", "Half way.")).expect("added");
    assert_eq!(found(&index, "oolong"), Vec::<String>::new(), "not before the commit");
    index.commit().expect("committed");
    assert_eq!(found(&index, "oolong"), ["green"]);
    assert_eq!((found(&index, "kyoto").len(), index.len()), (0, 4));
    index.remove("green").expect("removed");
    index.remove("never there").expect("nothing to do");
    index.commit().expect("committed");
    assert_eq!((found(&index, "oolong").len(), index.len(), index.is_empty()), (0, 3, false));
}

#[test]
fn other_words_count_by_their_weight() {
    let index = index();
    let also = |weight| vec![WeightedWord { word: "kettles".to_owned(), weight }];
    assert_eq!(ids(&index, &SearchQuery { also: also(0.1), ..SearchQuery::new("kyoto") }), ["green", "pots"]);
    assert_eq!(ids(&index, &SearchQuery { also: also(9.0), ..SearchQuery::new("kyoto") }), ["pots", "green"]);
    assert_eq!(ids(&index, &SearchQuery { also: also(f32::NAN), ..SearchQuery::new("kyoto") }), ["green"]);
}

#[test]
fn neighbours_count_more_than_the_same_words_apart() {
    let index = SearchIndex::in_memory(&IndexOptions::default()).expect("an index");
    index.add(&document("apart", "", "A garden wall, then a kitchen door and a table.")).expect("added");
    index.add(&document("together", "", "A garden door, then a kitchen wall and a table.")).expect("added");
    index.commit().expect("committed");
    assert_eq!(found(&index, "garden door"), ["together", "apart"]);
    assert_eq!(found(&index, "garden wall"), ["apart", "together"]);
}

#[test]
fn spelling() {
    let index = index();
    let near = |word| index.spell(word, 3).expect("near words").into_iter().map(|near| (near.word, near.distance));
    assert_eq!(near("gren").collect::<Vec<_>>(), [("green".to_owned(), 1)]);
    assert_eq!(near("Kyotoo").next(), Some(("kyoto".to_owned(), 1)));
    assert_eq!(
        near("langauges").collect::<Vec<_>>(),
        [("languages".to_owned(), 1)],
        "two letters swapped are one mistake"
    );
    assert_eq!(near("green").next(), Some(("green".to_owned(), 0)), "a known word comes first");
    assert_eq!((near("zz").count(), near("").count(), near(&"x".repeat(99)).count()), (0, 0, 0));
}

#[test]
fn terms_that_tell_documents_apart() {
    let index = index();
    let terms = index.top_terms(&["pots", "unknown"], 3).expect("terms");
    let words: Vec<_> = terms.iter().map(|term| term.word.as_str()).collect();
    assert_eq!(words.len(), 3);
    assert!(!words.contains(&"and") && !words.contains(&"tea"), "{words:?}");
    assert!((terms[0].weight - 1.0).abs() < f32::EPSILON && terms[2].weight <= terms[1].weight, "{terms:?}");
    assert_eq!(index.top_terms(&[], 3).expect("none"), []);
}

#[test]
fn documents_out_of_bounds_are_refused() {
    let index = SearchIndex::in_memory(&IndexOptions::default()).expect("an index");
    for wrong in [
        document("", "no id", ""),
        document(&"x".repeat(513), "", ""),
        document("a", &"x".repeat(8193), ""),
        IndexDocument { number: Some(f64::NAN), ..document("a", "", "") },
        IndexDocument { facets: BTreeMap::from([("f".to_owned(), vec!["x".repeat(1024)])]), ..document("a", "", "") },
        IndexDocument { facets: BTreeMap::from([("f".to_owned(), vec![String::new(); 65])]), ..document("a", "", "") },
    ] {
        assert!(matches!(index.add(&wrong), Err(IndexError::Document { .. })), "{wrong:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_is_an_error(text in "\\PC{0,200}", offset in 0_usize..20_000, limit in 0_usize..2_000) {
        thread_local!(static INDEX: SearchIndex = index());
        INDEX.with(|index| {
            let query = SearchQuery { limit, offset, ..SearchQuery::new(text.clone()) };
            index.search(&query).expect("hits");
            index.spell(&text, 5).expect("words");
        });
    }

    #[test]
    fn no_combination_of_known_words_is_an_error(
        pieces in proptest::collection::vec(("-?\"?", "green|tea|dark|black|kyoto|the|of|taste|leaves", "\"?"), 1..8)
    ) {
        thread_local!(static INDEX: SearchIndex = index());
        let text: String = pieces.iter().map(|(before, word, after)| format!("{before}{word}{after} ")).collect();
        INDEX.with(|index| {
            let hits = index.search(&SearchQuery::new(text.clone())).expect("hits");
            assert_eq!(hits.total, hits.hits.len(), "{text}");
        });
    }
}
