use super::*;

fn admission(most: usize, target: Option<Duration>) -> Admission {
    Admission::new(most, target, None, Arc::default())
}

#[test]
fn one_too_many_is_turned_away_until_a_place_is_free() {
    let admission = admission(2, None);
    let places: Vec<_> = (0..2).map(|_| admission.enter("a").expect("a place")).collect();
    assert!(admission.enter("a").is_none());
    assert_eq!(admission.load(), (2, 2));
    drop(places);
    assert!(admission.enter("a").is_some());
    assert_eq!(admission.load(), (0, 2));
    assert_eq!(admission.metrics.shed.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[test]
fn a_greedy_tenant_leaves_room_for_others_once_there_are_any() {
    let admission = admission(10, None);
    let mut greedy: Vec<_> = (0..8).map(|_| admission.enter("greedy").expect("nobody else is there")).collect();
    let modest = admission.enter("modest").expect("there is room");
    assert!(admission.enter("greedy").is_none(), "it has more than half");
    let more = admission.enter("modest").expect("its share");
    assert!(admission.enter("modest").is_none(), "all places are taken");
    greedy.truncate(3);
    drop((modest, more));
    let later = Instant::now() + PRESENT;
    greedy.extend((0..7).map(|_| admission.enter_at("greedy", later).expect("nobody else is there any more")));
}

#[test]
fn who_calls_one_after_the_other_always_finds_a_place() {
    let admission = admission(10, None);
    let mut greedy: Vec<_> = (0..10).map(|_| admission.enter("greedy").expect("nobody else is there")).collect();
    assert!(admission.enter("modest").is_none(), "nobody knew of it");
    for _ in 0..100 {
        // One of the greedy one's calls ends, and it tries to have two.
        greedy.pop();
        greedy.extend((0..2).filter_map(|_| admission.enter("greedy")));
        if greedy.len() < 9 {
            assert!(admission.enter("modest").is_some(), "its part waits for it");
        }
    }
    assert_eq!(greedy.len(), 8, "what nobody contends for");
}

#[test]
fn names_that_are_never_used_again_are_forgotten() {
    let admission = admission(10, None);
    let now = Instant::now();
    for at in 0..10 * MAX_REMEMBERED {
        admission.enter_at(&at.to_string(), now).expect("room");
    }
    assert!(admission.state().tenants.len() <= MAX_REMEMBERED);
    admission.enter_at("a", now + PRESENT).expect("room");
    assert_eq!(admission.state().tenants.len(), 1);
}

#[test]
fn the_limit_follows_how_long_calls_take() {
    let admission = admission(100, Some(Duration::from_millis(100)));
    admission.state().in_flight = 60;
    admission.leave("a", Duration::from_secs(1));
    assert_eq!(admission.load().1, 90);
    admission.leave("a", Duration::from_secs(1));
    assert_eq!(admission.load().1, 90, "it began before the limit shrank");
    for _ in 0..10_000 {
        let mut state = admission.state();
        state.shrunk = None;
        state.in_flight = 60;
        drop(state);
        admission.leave("a", Duration::from_secs(1));
    }
    assert_eq!(admission.load().1, 4, "never less");
    for _ in 0..10_000 {
        admission.state().in_flight = 60;
        admission.leave("a", Duration::from_millis(1));
    }
    assert_eq!(admission.load().1, 100, "never more");
}

#[test]
fn tenants_have_names() {
    let admission = Admission::new(1, None, Some(HeaderName::from_static("x-tenant")), Arc::default());
    let tenant = |values: &[&str]| {
        let mut request = http::Request::new(());
        for value in values {
            request.headers_mut().append("x-tenant", value.parse().expect("a value"));
        }
        admission.tenant(&request.into_parts().0)
    };
    assert_eq!(tenant(&["ada@example.com"]).as_deref(), Some("ada@example.com"));
    for bad in [&[] as &[&str], &[""], &["a b"], &["a:b"], &["a", "b"], &[LOCAL], &["x".repeat(65).as_str()]] {
        assert_eq!(tenant(bad), None, "{bad:?}");
    }
}
