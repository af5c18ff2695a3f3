use semver::Version;

use super::*;

fn versions() -> Vec<Version> {
    ["1.4.0", "2.0.0", "2.1.0", "3.0.0-beta.1"].iter().map(|text| text.parse().expect("a version")).collect()
}

fn offers(versions: &[Version]) -> Vec<Offer<'_>> {
    let offer = |id, region, residency, version, deprecated| Offer {
        id,
        region,
        residency,
        version: &versions[version],
        deprecated,
        canary_percent: None,
    };
    vec![
        offer("us-1", Region::Us, None, 0, Some("use v2")),
        offer("us-2", Region::Us, Some("us"), 1, None),
        offer("eu-2", Region::Eu, Some("eu"), 1, None),
        offer("asia-2", Region::Asia, Some("asia"), 1, None),
        offer("eu-beta", Region::Eu, Some("eu"), 3, None),
    ]
}

fn chosen(need: &Need) -> Result<Vec<&'static str>, ContextError> {
    let versions = versions();
    let narrowed = narrow(need, &offers(&versions))?;
    let ids = ["us-1", "us-2", "eu-2", "asia-2", "eu-beta"];
    Ok(narrowed.chosen.into_iter().map(|at| ids[at]).collect())
}

fn wanted(text: &str) -> Wanted {
    text.parse().expect(text)
}

#[test]
fn residency_is_a_hard_filter_that_fails_closed() {
    let need = |residency: &str| Need { residency: Some(residency.to_owned()), ..Need::default() };
    assert_eq!(chosen(&need("eu")).expect("eu"), ["eu-2"]);
    // A caller in Asia whose data has to stay in the EU waits for the EU.
    let far = Need { region: Some(Region::Asia), ..need("eu") };
    assert_eq!(chosen(&far).expect("eu"), ["eu-2"]);
    let error = chosen(&need("ch")).expect_err("nobody keeps data there");
    assert_eq!(error.to_string(), "no node keeps data in 'ch'; there are: asia, eu, us");
    // Even though a node that does not say might do.
    assert!(chosen(&Need { version: wanted("v1"), ..need("us") }).is_err());
}

#[test]
fn versions_by_name_and_range() {
    let need = |version: &str| Need { version: wanted(version), ..Need::default() };
    for (version, ids) in [
        ("v1", vec!["us-1"]),
        ("^1.2", vec!["us-1"]),
        ("v2", vec!["us-2", "eu-2", "asia-2"]),
        ("2.0.0", vec!["us-2", "eu-2", "asia-2"]),
        (">=1, <3", vec!["us-2", "eu-2", "asia-2"]),
        ("beta", vec!["eu-beta"]),
        ("*", vec!["us-2", "eu-2", "asia-2"]),
    ] {
        assert_eq!(chosen(&need(version)).expect(version), ids, "{version}");
    }
    let error = chosen(&need("v9")).expect_err("there is no v9");
    assert_eq!(error.to_string(), "no node has version ^9; there are: 1.4.0, 2.0.0, 3.0.0-beta.1");
    for bad in ["", "latest", "v", "v1.x.y.z", "1 2", "\u{1f980}", &"1".repeat(200)] {
        assert!(bad.parse::<Wanted>().is_err() || bad.is_empty(), "{bad}");
    }
}

#[test]
fn a_deprecated_version_answers_with_a_notice() {
    let versions = versions();
    let narrowed = narrow(&Need { version: wanted("v1"), ..Need::default() }, &offers(&versions)).expect("v1");
    assert_eq!(narrowed.notices, ["version 1.4.0 is deprecated: use v2"]);
    let newest = narrow(&Need::default(), &offers(&versions)).expect("any");
    assert!(newest.notices.is_empty());
    assert_eq!(newest.left_out["us-1"], "has an older version");
    assert_eq!(newest.left_out["eu-beta"], "has another version");
}

#[test]
fn the_nearest_region_of_those_that_are_left() {
    let need = |region| Need { region: Some(region), ..Need::default() };
    assert_eq!(chosen(&need(Region::Asia)).expect("any"), ["asia-2"]);
    let beta = Need { version: wanted("beta"), ..need(Region::Us) };
    assert_eq!(chosen(&beta).expect("beta"), ["eu-beta"], "the only one, however far");
    assert_eq!(nearest(Region::Asia, [Region::Us, Region::Eu].into_iter()), Some(Region::Us));
}

#[test]
fn a_canary_gets_its_share_of_callers_and_always_the_same() {
    let versions = versions();
    let mut offers = offers(&versions);
    offers.push(Offer { id: "us-canary", version: &versions[2], canary_percent: Some(10), ..offers[1].clone() });
    let gets = |caller: usize| {
        let need = Need { caller: format!("caller {caller}"), ..Need::default() };
        narrow(&need, &offers).expect("any").chosen == [5]
    };
    let share = (0..10_000).filter(|&caller| gets(caller)).count();
    // Three standard deviations of 10 000 draws with one in ten are 90.
    assert!(share.abs_diff(1000) < 90, "{share}");
    assert!((0..100).all(|caller| gets(caller) == gets(caller)));
    let asked = Need { version: wanted("=2.1.0"), caller: "caller 0".to_owned(), ..Need::default() };
    assert_eq!(narrow(&asked, &offers).expect("who asks for it gets it").chosen, [5]);
    let elsewhere = Need { residency: Some("eu".to_owned()), ..Need::default() };
    assert_eq!(narrow(&elsewhere, &offers).expect("eu").chosen, [2], "a canary breaks no law");
}

#[test]
fn nobody() {
    assert_eq!(narrow(&Need::default(), &[]), Err(ContextError::Nobody));
}
