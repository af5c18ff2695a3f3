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

fn message(text: &str) -> ClientJsonRpcMessage {
    serde_json::from_str(text).expect("a message")
}

const CALL: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}"#;
const BEGUN: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// A session that was opened, and has not begun.
async fn opened(sessions: &CappedSessions) -> (SessionId, <CappedSessions as SessionManager>::Transport) {
    let (id, transport) = sessions.create_session().await.expect("a session");
    let answer = serde_json::json!({"jsonrpc": "2.0", "id": 0, "result": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "test", "version": "1"}}});
    let answer: ServerJsonRpcMessage = serde_json::from_value(answer).expect("a message");
    sessions.used().by_id.get_mut(&id).expect("open").plain =
        Plain::opened(around::SessionClient("{}".into()), &answer);
    (id, transport)
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_around_the_sdk_where_the_sdk_need_not_see_it() {
    let limits = Limits { session_idle: Duration::from_secs(40), ..Limits::default() };
    let sessions = CappedSessions::new(&limits, Fronted::default());
    let (id, _transport) = opened(&sessions).await;
    assert!(sessions.around(&id, CALL).is_none(), "the session has not begun");
    sessions.hear(&id, &message(BEGUN));
    let call = sessions.around(&id, CALL).expect("a plain call");
    assert!(sessions.around(&id, CALL).is_none(), "a call with this id is going on");
    drop(call);
    assert!(sessions.around(&id, br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).is_none());
    assert!(sessions.around("unknown", CALL).is_none());

    // A session that the SDK hears nothing of would end as a silent one.
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert!(sessions.around(&id, CALL).is_some());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(sessions.around(&id, CALL).is_none(), "the SDK has to hear of the session");
    sessions.hear(&id, &message(r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo"}}"#));
    let going = sessions.around(&id, CALL).expect("it has");

    let level = r#"{"jsonrpc":"2.0","id":3,"method":"logging/setLevel","params":{"level":"info"}}"#;
    sessions.hear(&id, &message(level));
    assert!(!going.over.is_cancelled(), "a call that goes on is left alone");
    drop(going);
    assert!(sessions.around(&id, CALL).is_none(), "log messages are told by the SDK");
}

#[tokio::test]
async fn a_call_around_the_sdk_ends_with_its_cancellation_and_with_its_session() {
    let sessions = CappedSessions::new(&Limits::default(), Fronted::default());
    let (id, _transport) = opened(&sessions).await;
    sessions.hear(&id, &message(BEGUN));
    let call = sessions.around(&id, CALL).expect("a plain call");
    let cancel = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    sessions.hear(&id, &message(cancel));
    assert!(call.over.is_cancelled());
    drop(call);
    let call = sessions.around(&id, CALL).expect("a plain call");
    sessions.close_session(&id).await.expect("closed");
    assert!(call.over.is_cancelled());
    assert!(sessions.around(&id, CALL).is_none());
}

#[test]
fn what_a_client_can_is_kept_as_it_was_said() {
    for capabilities in ["{}", r#"{"roots":{}}"#, r#"{"elicitation":{}}"#] {
        let initialize = format!(
            r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"2025-11-25",
            "capabilities":{capabilities},"clientInfo":{{"name":"test","version":"1"}}}}}}"#
        );
        let said = around::client(&message(&initialize)).expect("a client");
        assert_eq!(said.0.as_ref(), capabilities);
    }
    assert_eq!(around::client(&message(BEGUN)), None);
}
