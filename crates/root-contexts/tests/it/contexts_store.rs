//! The store itself, with a clock that stands still: who may do what, what is kept, and where the limits are.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use mcp_root_contexts::contexts::{
    Change, Contexts, DAY_MS, Format, Limits, SearchFor,
    clock::ManualClock,
    error::ContextError,
    model::{Access, Role, State},
    secrets::Keys,
};
use proptest::prelude::*;
use secrecy::SecretString;
use tempfile::TempDir;

pub(crate) struct World {
    pub(crate) contexts: Contexts,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) folder: TempDir,
}

pub(crate) fn world(limits: Limits) -> World {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::at(1_800_000_000_000));
    let contexts = Contexts::open(folder.path(), keys(1), clock.clone(), limits).expect("opens");
    World { contexts, clock, folder }
}

pub(crate) fn keys(byte: u8) -> Keys {
    use base64::{Engine, engine::general_purpose::STANDARD};
    Keys::parse(&STANDARD.encode([byte; 32]).into()).expect("a key")
}

pub(crate) fn plain(fields: &[(&str, &str)]) -> Change {
    let set = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Change { set, ..Change::default() }
}

pub(crate) fn secret(name: &str, value: &str) -> Change {
    let set_secret = BTreeMap::from([(name.to_owned(), SecretString::from(value.to_owned()))]);
    Change { set_secret, ..Change::default() }
}

pub(crate) fn wanted(query: &str) -> SearchFor {
    SearchFor { query: query.to_owned(), context_id: None, archived: false, most: 10 }
}

pub(crate) async fn create(contexts: &Contexts, owner: &str, name: &str) -> String {
    contexts.create(owner, name, 50, Change::default()).await.expect("makes one").context_id
}

#[tokio::test]
async fn readers_read_writers_write_and_owners_do_all() {
    let world = world(Limits::default());
    let contexts = &world.contexts;
    let id = create(contexts, "ann", "case").await;
    contexts.append("ann", &id, Role::User, "Hello there.", true).await.expect("appends");
    for (who, access) in [("bob", Access::Reader), ("cem", Access::Writer)] {
        let shared = contexts.share("ann", &id, who, Some(access)).await.expect("shares");
        assert!(shared.contains(&(who.to_owned(), access)));
    }
    for (who, writes) in [("bob", false), ("cem", true)] {
        assert_eq!(contexts.overview(who, &id, 5, false).await.expect("reads").messages.len(), 1, "{who}");
        assert_eq!(contexts.append(who, &id, Role::Tool, "Found.", true).await.is_ok(), writes, "{who}");
        let version = contexts.overview("ann", &id, 0, false).await.expect("reads").context.version;
        assert_eq!(contexts.update_metadata(who, &id, version, plain(&[("a", "b")])).await.is_ok(), writes, "{who}");
        assert_eq!(contexts.set_archived(who, &id, false).await.is_ok(), writes, "{who}");
        assert!(matches!(contexts.share(who, &id, "dee", None).await, Err(ContextError::NotAllowed { .. })), "{who}");
        assert!(matches!(contexts.delete(who, &id).await, Err(ContextError::NotAllowed { .. })), "{who}");
        assert!(contexts.overview(who, &id, 0, true).await.is_err(), "{who} sees no secrets");
    }
    contexts.share("ann", &id, "bob", None).await.expect("takes bob out");
    assert!(matches!(contexts.overview("bob", &id, 5, false).await, Err(ContextError::NotFound(_))));
    assert!(contexts.search("bob", wanted("hello")).await.expect("searches").hits.is_empty());
    contexts.delete("ann", &id).await.expect("deletes");
    assert!(matches!(contexts.overview("cem", &id, 5, false).await, Err(ContextError::NotFound(_))));
    assert!(contexts.search("ann", wanted("hello")).await.expect("searches").hits.is_empty(), "words go too");
}

#[tokio::test]
async fn idle_contexts_are_archived_and_come_back_whole() {
    let world = world(Limits::default());
    let contexts = &world.contexts;
    let id = create(contexts, "ann", "case").await;
    let busy = create(contexts, "ann", "busy").await;
    contexts.append("ann", &id, Role::User, "We decided to wait.", true).await.expect("appends");
    world.clock.advance(30 * DAY_MS - 1);
    contexts.append("ann", &busy, Role::User, "Still here.", true).await.expect("appends");
    assert_eq!(contexts.overview("ann", &id, 5, false).await.expect("reads").context.state, State::Active);
    world.clock.advance(1);

    // At once, on access: nothing has swept yet.
    let idle = contexts.overview("ann", &id, 5, false).await.expect("an archived one can be read");
    assert_eq!((idle.context.state, idle.messages.len()), (State::Archived, 1));
    assert!(matches!(contexts.append("ann", &id, Role::User, "x", true).await, Err(ContextError::Archived(_))));
    assert!(contexts.search("ann", wanted("decided")).await.expect("searches").hits.is_empty());
    let listed = |state| contexts.list("ann", state, false, None, 10);
    assert_eq!(listed(Some(State::Archived)).await.expect("lists").contexts.len(), 1);
    assert_eq!(listed(Some(State::Active)).await.expect("lists").contexts[0].context_id, busy);

    // Then a sweep writes it down, once, with the same answer afterwards.
    assert_eq!(contexts.archive_idle(10).await.expect("sweeps"), std::slice::from_ref(&id));
    assert!(contexts.archive_idle(10).await.expect("sweeps").is_empty());
    assert_eq!(contexts.overview("ann", &id, 5, false).await.expect("reads").context, idle.context);

    let (restored, changed) = contexts.set_archived("ann", &id, false).await.expect("restores");
    assert!(changed && restored.state == State::Active && restored.archived_at.is_none());
    assert_eq!(contexts.append("ann", &id, Role::User, "Back.", true).await.expect("appends").position, 2);
    world.clock.advance(30 * DAY_MS - 1);
    assert_eq!(contexts.archive_idle(10).await.expect("sweeps"), [busy], "that one is idle by now");
    assert_eq!(contexts.overview("ann", &id, 5, false).await.expect("reads").context.state, State::Active);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_version_that_is_not_current_changes_nothing() {
    let world = world(Limits::default());
    let id = create(&world.contexts, "ann", "case").await;
    let changed = world.contexts.update_metadata("ann", &id, 1, plain(&[("tier", "gold")])).await.expect("changes");
    assert_eq!(changed.version, 2);
    let stale = world.contexts.update_metadata("ann", &id, 1, plain(&[("tier", "tin")])).await;
    assert!(matches!(stale, Err(ContextError::Conflict { given: 1, current: 2 })));
    let seen = world.contexts.overview("ann", &id, 0, false).await.expect("reads");
    assert_eq!(seen.metadata["tier"], "gold");
    // As another process would: with connections of its own.
    let beside = Contexts::open(world.folder.path(), keys(1), world.clock.clone(), Limits::default()).expect("opens");
    let both = (0..16).map(|number| {
        let contexts = if number % 2 == 0 { world.contexts.clone() } else { beside.clone() };
        let id = id.clone();
        tokio::spawn(async move {
            contexts.update_metadata("ann", &id, 2, plain(&[("tier", &number.to_string())])).await.is_ok()
        })
    });
    let mut won = 0;
    for one in both.collect::<Vec<_>>() {
        won += u32::from(one.await.expect("ends"));
    }
    assert_eq!(won, 1, "of many who read one version, one changes it");
}

#[tokio::test]
async fn limits_refuse_and_leave_everything_as_it_was() {
    let limits = Limits {
        contexts_per_owner: 2,
        messages_per_context: 3,
        bytes_per_context: 100,
        insights_per_context: 1,
        fields_per_context: 2,
        shares_per_context: 1,
        ..Limits::default()
    };
    let world = world(limits);
    let contexts = &world.contexts;
    let id = create(contexts, "ann", "one").await;
    create(contexts, "ann", "two").await;
    let quota = |result: Result<_, ContextError>| matches!(result, Err(ContextError::Quota { .. }));
    assert!(quota(contexts.create("ann", "three", 50, Change::default()).await.map(drop)));
    create(contexts, "bob", "his own").await;

    contexts.append("ann", &id, Role::User, "We must pay.", true).await.expect("appends");
    let full = contexts.append("ann", &id, Role::User, "We must pay. We must go.", true).await;
    let full = full.expect("the message is kept");
    assert_eq!((full.insights.len(), full.left_out), (0, 1), "one is known, and for the other there is no room");
    assert!(quota(contexts.append("ann", &id, Role::User, &"x".repeat(90), true).await.map(drop)), "bytes");
    contexts.append("ann", &id, Role::User, "x", true).await.expect("appends");
    assert!(quota(contexts.append("ann", &id, Role::User, "x", true).await.map(drop)), "messages");
    let seen = contexts.overview("ann", &id, 10, false).await.expect("reads");
    assert_eq!((seen.messages.len(), seen.insights.len(), seen.context.next_position), (3, 1, 4));

    let three = plain(&[("a", "1"), ("b", "2"), ("c", "3")]);
    assert!(quota(contexts.update_metadata("ann", &id, 1, three).await.map(drop)));
    assert!(contexts.overview("ann", &id, 0, false).await.expect("reads").metadata.is_empty());
    contexts.share("ann", &id, "bob", Some(Access::Reader)).await.expect("shares");
    assert!(quota(contexts.share("ann", &id, "cem", Some(Access::Reader)).await.map(drop)));
    contexts.share("ann", &id, "bob", Some(Access::Writer)).await.expect("the same one");
}

#[tokio::test]
async fn compaction_happens_by_itself_and_keeps_decisions() {
    let world = world(Limits::default());
    let contexts = &world.contexts;
    let id = create(contexts, "ann", "long").await;
    let mut condensed = 0;
    for number in 1..=120 {
        let text =
            if number % 30 == 3 { format!("We decided on plan {number}.") } else { format!("Turn {number} of it.") };
        let appended = contexts.append("ann", &id, Role::User, &text, true).await.expect("appends");
        assert_eq!(appended.position, number);
        condensed += u32::from(appended.condensed.is_some());
    }
    assert!(condensed >= 2, "{condensed}");
    let all = contexts.transcript("ann", &id).await.expect("reads");
    let covers = all.messages[0].covers.clone().expect("the first stands for others");
    assert!(all.messages.len() <= 50 && all.context.messages as usize == all.messages.len());
    assert_eq!(all.context.bytes as usize, all.messages.iter().map(|message| message.content.len()).sum::<usize>());
    assert_eq!((covers.first_position, covers.messages as usize + all.messages.len() - 1), (1, 120));
    let seen = contexts.overview("ann", &id, 5, false).await.expect("reads");
    assert_eq!(seen.insights.len(), 4);
    let gone = seen.insights.iter().filter(|insight| insight.position <= covers.last_position).collect::<Vec<_>>();
    assert!(gone.len() >= 2 && gone.iter().all(|insight| all.messages[0].content.contains(&insight.text)));
    let found = contexts.search("ann", wanted("decided plan 33")).await.expect("searches");
    assert!(!found.hits.is_empty(), "what was condensed is found where it now stands");
    assert!(contexts.search("ann", wanted("turn 1")).await.expect("searches").hits.iter().all(|hit| hit.position > 1));
    let (_, sentences) = contexts.sentences("ann", &id).await.expect("reads");
    assert!(sentences.iter().any(|sentence| sentence.position == 3 && sentence.is_insight));
}

#[tokio::test]
async fn an_export_comes_in_parts_that_make_up_the_whole() {
    let world = world(Limits::default());
    let contexts = &world.contexts;
    let id = create(contexts, "ann", "case").await;
    for number in 1..=20 {
        let text = format!("```\nmessage {number} }} ] \u{1f980}");
        contexts.append("ann", &id, Role::Assistant, &text, true).await.expect("appends");
    }
    let (mut from, mut positions) = (None, Vec::new());
    loop {
        let part = contexts.export("ann", &id, Format::Json, from, false, 700).await.expect("exports");
        let json: serde_json::Value = serde_json::from_str(&part.text).expect("each part is JSON");
        positions
            .extend(json["messages"].as_array().expect("messages").iter().map(|message| message["position"].clone()));
        assert_eq!(json["context"]["name"] == "case", from.is_none(), "the head is in the first part");
        from = part.next_position;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(positions, (1..=20).collect::<Vec<_>>());
    let page = contexts.export("ann", &id, Format::Markdown, None, false, 100_000).await.expect("exports").text;
    assert!(page.starts_with("# case\n") && page.contains("````text\n```\nmessage 20"), "{page}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn pages_hold_each_context_once(
        count in 0_usize..25,
        limit in 1_u32..9,
        gaps in prop::collection::vec(0_i64..2, 25),
    ) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let world = world(Limits::default());
            let mut made = BTreeSet::new();
            for gap in &gaps[..count] {
                world.clock.advance(*gap);
                made.insert(create(&world.contexts, "ann", "x").await);
                create(&world.contexts, "bob", "not hers").await;
            }
            let (mut after, mut seen) = (None, Vec::new());
            loop {
                let page = world.contexts.list("ann", None, false, after, limit).await.expect("lists");
                assert!(page.contexts.len() <= limit as usize);
                seen.extend(page.contexts.into_iter().map(|context| context.context_id));
                // Made meanwhile: it belongs before what was shown already.
                world.clock.advance(1);
                create(&world.contexts, "ann", "later").await;
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen.len(), count);
            assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), made);
        });
    }
}
