//! What only some may see: secrets, and the words of others in a search.

use mcp_root_contexts::contexts::{
    Contexts, Format, Limits,
    error::ContextError,
    model::{Access, Role},
    secrets::{Keys, SecretError},
};

use crate::contexts_store::{create, keys, plain, secret, wanted, world};

#[tokio::test]
async fn secrets_are_the_owners_and_need_the_key_that_they_were_kept_with() {
    let world = world(Limits::default());
    let contexts = &world.contexts;
    let mut change = secret("iban", "DE02 1203");
    change.set.insert("tier".to_owned(), "gold".to_owned());
    let id = contexts.create("ann", "case", 50, change).await.expect("makes one").context_id;
    contexts.share("ann", &id, "cem", Some(Access::Writer)).await.expect("shares");

    let seen = contexts.overview("ann", &id, 5, false).await.expect("reads");
    assert_eq!((seen.secrets.names(), seen.secrets.exposed()), (vec!["iban".to_owned()], None));
    let seen = contexts.overview("ann", &id, 5, true).await.expect("reads");
    assert_eq!(seen.secrets.exposed().expect("values")["iban"], "DE02 1203");
    assert!(contexts.overview("cem", &id, 5, false).await.expect("reads").secrets.names().is_empty());
    assert!(contexts.search("ann", wanted("1203")).await.expect("searches").hits.is_empty());
    for format in [Format::Json, Format::Markdown] {
        for (who, secrets, shows) in [("ann", false, Some(false)), ("ann", true, Some(true)), ("cem", true, None)] {
            let export = contexts.export(who, &id, format, None, secrets, 1000).await;
            assert_eq!(
                export.map(|export| export.text.contains("DE02 1203")).ok(),
                shows,
                "{format:?} {who} {secrets}"
            );
        }
    }
    for change in [secret("pin", "1"), secret("iban", "2"), plain(&[("iban", "3")])] {
        let refused = contexts.update_metadata("cem", &id, 1, change).await;
        assert!(matches!(refused, Err(ContextError::NotAllowed { .. })), "{refused:?}");
    }

    // Another process with another key: told so, and nothing is lost. With both keys it opens.
    let open = |keys| Contexts::open(world.folder.path(), keys, world.clock.clone(), Limits::default()).expect("opens");
    let other = open(keys(2)).overview("ann", &id, 5, true).await;
    assert!(matches!(&other, Err(ContextError::Secret(SecretError::OtherKey { key_id })) if key_id.len() == 8));
    assert!(open(keys(2)).overview("ann", &id, 5, false).await.is_ok(), "the rest can be read");
    let none = open(Keys::default());
    assert!(matches!(none.overview("ann", &id, 5, true).await, Err(ContextError::Secret(SecretError::NoKey))));
    let refused = none.create("ann", "x", 50, secret("a", "b")).await;
    assert!(matches!(refused, Err(ContextError::Secret(SecretError::NoKey))));
    assert_eq!(none.list("ann", None, false, None, 10).await.expect("lists").contexts.len(), 1, "nothing half made");
    assert!(contexts.overview("ann", &id, 5, true).await.is_ok());
}

#[tokio::test]
async fn a_query_is_data() {
    let world = world(Limits::default());
    let contexts = &world.contexts;
    let id = create(contexts, "ann", "case").await;
    for text in ["The refund OR the card", "A refund refund refund.", "NEAR the caf\u{e9} it\u{2019}s 3.5 content"] {
        contexts.append("ann", &id, Role::User, text, false).await.expect("appends");
    }
    for (query, positions) in [
        ("refund", vec![2, 1]),
        ("REFUND card", vec![1]),
        ("refund OR", vec![1]),
        ("refund OR nothing", vec![]),
        ("ref*", vec![]),
        ("content : near", vec![3]),
        ("cafe", vec![3]),
        ("\" OR 1=1 --", vec![]),
        ("refund) NOT (card", vec![]),
        ("{content}: refund ^", vec![]),
        ("\u{0}refund\"", vec![2, 1]),
    ] {
        let found = contexts.search("ann", wanted(query)).await.unwrap_or_else(|error| panic!("{query}: {error}"));
        let there: Vec<u32> = found.hits.iter().map(|hit| hit.position).collect();
        assert_eq!(there, positions, "{query}");
        assert!(contexts.search("bob", wanted(query)).await.expect("searches").hits.is_empty(), "{query}");
    }
    let hit = &contexts.search("ann", wanted("card")).await.expect("searches").hits[0];
    assert!(hit.snippet.contains("**card**"), "{}", hit.snippet);

    // What others write changes nothing of what the caller sees, scores included.
    let before = contexts.search("ann", wanted("refund")).await.expect("searches").hits;
    let theirs = create(contexts, "bob", "his").await;
    for _ in 0..20 {
        contexts.append("bob", &theirs, Role::User, "refund refund card", false).await.expect("appends");
    }
    assert_eq!(contexts.search("ann", wanted("refund")).await.expect("searches").hits, before);
}
