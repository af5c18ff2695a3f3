use super::*;

#[tokio::test]
async fn a_session_is_its_owners() {
    let sessions = CappedSessions::new(&Limits::default(), Fronted::default());
    let (id, _transport) = sessions.create_session().await.expect("a session");
    sessions.bind(&id, "alice");
    assert!(sessions.is_open_to(&id, "alice") && !sessions.is_open_to(&id, "bob"));
    sessions.close_session(&id).await.expect("closed");
    assert!(sessions.is_open_to(&id, "bob"), "what is not there is refused by the SDK");
}

#[tokio::test]
async fn the_one_used_longest_ago_makes_room() {
    let sessions = CappedSessions::new(&Limits { sessions: 3, ..Limits::default() }, Fronted::default());
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(sessions.create_session().await.expect("a session"));
    }
    let id = |index: usize| open[index].0.clone();
    // The first waits for an answer, the second is used, the third is not.
    let busy = Busy::new(&sessions.used, &id(0));
    assert!(sessions.has_session(&id(1)).await.expect("an answer"));
    let mut more = Vec::new();
    for (gone, left) in [(2, [0, 1]), (1, [0, 0])] {
        more.push(sessions.create_session().await.expect("a session"));
        assert!(!sessions.has_session(&id(gone)).await.expect("an answer"), "{gone} makes room");
        for left in left {
            assert!(sessions.inner.has_session(&id(left)).await.expect("an answer"), "{left} stays");
        }
        assert_eq!(sessions.inner.sessions.read().await.len(), 3);
    }
    drop(busy);
    sessions.close_session(&more[0].0).await.expect("closed");
    more.push(sessions.create_session().await.expect("a session"));
    assert!(sessions.has_session(&id(0)).await.expect("an answer"), "there was room");
    let used = sessions.used();
    assert_eq!((used.by_id.len(), used.by_age.len(), used.opening), (3, 3, 0));
}

#[tokio::test]
async fn the_cap_holds_for_sessions_that_open_together() {
    let sessions = CappedSessions::new(&Limits { sessions: 2, ..Limits::default() }, Fronted::default());
    let opened = futures::future::join_all((0..20).map(|_| sessions.create_session())).await;
    assert!(opened.iter().all(Result::is_ok));
    assert_eq!(sessions.inner.sessions.read().await.len(), 2);
}
