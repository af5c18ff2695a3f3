use chrono::NaiveDateTime;

use super::*;

fn moon(longitude: f64, date: &str) -> Moon {
    Moon::on(longitude, date.parse().expect(date))
}

#[test]
fn positions_of_worked_examples() {
    // Meeus, Astronomical Algorithms, 2nd edition: examples 47.a and 48.a, both for 1992-04-12 0h.
    let arguments = Arguments::at(centuries(2_448_724.5));
    assert!((arguments.longitude().rem_euclid(360.0) - 133.162655).abs() < 0.03, "{}", arguments.longitude());
    assert!((arguments.latitude() - -3.229126).abs() < 0.1, "{}", arguments.latitude());
    assert!((illuminated_fraction(2_448_724.5) - 0.6786).abs() < 0.002);
}

#[test]
fn known_phases() {
    for (utc, phase) in [
        // Meeus, examples 49.a and 49.b, less than a minute and two from dynamical time.
        ("1977-02-18 03:37", MoonPhase::NewMoon),
        ("2044-01-21 23:48", MoonPhase::LastQuarter),
        // NASA's catalogues of eclipses give the new and full moons with one.
        ("1999-08-11 11:08", MoonPhase::NewMoon),
        ("2000-01-21 04:40", MoonPhase::FullMoon),
        ("2017-08-21 18:30", MoonPhase::NewMoon),
        ("2024-04-08 18:21", MoonPhase::NewMoon),
        ("2025-03-14 06:55", MoonPhase::FullMoon),
        // Computed with PyEphem 4.
        ("1900-01-01 13:52", MoonPhase::NewMoon),
        ("1900-01-08 05:40", MoonPhase::FirstQuarter),
        ("1950-07-29 04:18", MoonPhase::FullMoon),
        ("2024-04-15 19:13", MoonPhase::FirstQuarter),
        ("2024-04-23 23:49", MoonPhase::FullMoon),
        ("2026-11-24 14:53", MoonPhase::FullMoon),
        ("2026-12-01 06:09", MoonPhase::LastQuarter),
        ("2100-12-01 13:00", MoonPhase::NewMoon),
        ("2100-12-24 08:45", MoonPhase::LastQuarter),
    ] {
        let moon = moon(0.0, &utc[..10]);
        assert_eq!(moon.phase, phase, "{utc}");
        let found = moon.phase_at.expect(utc).utc;
        let off = NaiveDateTime::parse_from_str(&found, "%Y-%m-%dT%H:%MZ").expect(&found)
            - NaiveDateTime::parse_from_str(utc, "%Y-%m-%d %H:%M").expect(utc);
        assert!(off.num_minutes().abs() <= 15, "{utc}: {found}");
    }
}

#[test]
fn the_part_that_is_lit() {
    // Computed with PyEphem 4, at noon in UTC.
    for (date, fraction) in [("2024-04-13", 0.27), ("2026-06-21", 0.46), ("1950-07-01", 0.96)] {
        let found = moon(0.0, date).illuminated_fraction;
        assert!((found - fraction).abs() <= 0.015, "{date}: {found}");
    }
}

#[test]
fn a_day_is_the_places_own() {
    // The full moon of 2024-04-23 23:49 UTC is on the 24th east of Greenwich.
    for (longitude, date, phase) in [
        (-0.126, "2024-04-23", MoonPhase::FullMoon),
        (-0.126, "2024-04-24", MoonPhase::WaningGibbous),
        (139.692, "2024-04-23", MoonPhase::WaxingGibbous),
        (139.692, "2024-04-24", MoonPhase::FullMoon),
    ] {
        assert_eq!(moon(longitude, date).phase, phase, "{longitude} {date}");
    }
}

#[test]
fn phases_follow_each_other() {
    let mut day: NaiveDate = "2025-01-01".parse().expect("a day");
    let mut last = Moon::on(0.0, day).phase;
    let mut full_moons = 0;
    for _ in 1..365 {
        day = day.succ_opt().expect("a day");
        let moon = Moon::on(0.0, day);
        let steps = (moon.phase as i32 - last as i32).rem_euclid(8);
        assert!(steps <= 1, "{day}: {last:?}, {:?}", moon.phase);
        assert_eq!(moon.phase_at.is_some(), moon.phase as i32 % 2 == 0, "{day}");
        full_moons += i32::from(moon.phase == MoonPhase::FullMoon);
        last = moon.phase;
    }
    assert_eq!(full_moons, 12);
}
