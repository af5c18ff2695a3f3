use chrono::NaiveDateTime;

use super::*;

fn sun(latitude: f64, longitude: f64, date: &str) -> Sun {
    Sun::over(latitude, longitude, date.parse().expect(date))
}

/// Minutes from `expected`, such as `2024-06-20 03:43`, to the moment.
fn minutes_off(moment: Option<&Moment>, expected: &str) -> i64 {
    let utc = &moment.expect("a moment").utc;
    let found = NaiveDateTime::parse_from_str(utc, "%Y-%m-%dT%H:%MZ").expect(utc);
    (found - NaiveDateTime::parse_from_str(expected, "%Y-%m-%d %H:%M").expect(expected)).num_minutes()
}

#[test]
fn positions_of_worked_examples() {
    // Meeus, Astronomical Algorithms, 2nd edition: examples 25.a and 28.b, both for 1992-10-13 0h.
    let position = Position::at(2_448_908.5);
    assert!((position.declination - -7.785).abs() < 0.002, "{position:?}");
    assert!((position.equation_of_time - 13.7117).abs() < 0.05, "{position:?}");
}

#[test]
fn published_times() {
    for (source, latitude, longitude, date, sunrise, sunset) in [
        // US Naval Observatory, Almanac for Computers (1990), example of the algorithm for sunrise: 5:26 in summer time.
        ("Wayne, NJ", 40.9, -74.3, "1990-06-25", "1990-06-25 09:26", "1990-06-26 00:33"),
        // inews.co.uk, "UK sunrise and sunset times": 4:43 and 21:21 in summer time; 8:04 and 15:53.
        ("London", 51.509, -0.126, "2024-06-20", "2024-06-20 03:43", "2024-06-20 20:21"),
        ("London", 51.509, -0.126, "2023-12-22", "2023-12-22 08:04", "2023-12-22 15:53"),
        // themondonews.com on the solstice of 2024: 5:25 and 20:31 in summer time.
        ("New York", 40.714, -74.006, "2024-06-20", "2024-06-20 09:25", "2024-06-21 00:31"),
        // National Astronomical Observatory of Japan: 6:50 and 16:38 on the first of January.
        ("Tokyo", 35.690, 139.692, "2024-01-01", "2023-12-31 21:50", "2024-01-01 07:38"),
    ] {
        let sun = sun(latitude, longitude, date);
        let off = [(sun.sunrise, sunrise), (sun.sunset, sunset)].map(|(found, time)| minutes_off(found.as_ref(), time));
        assert!(off.iter().all(|minutes| minutes.abs() <= 2), "{source} {date}: {off:?}");
    }
}

#[test]
fn times_of_another_theory() {
    // Computed with PyEphem 4 (VSOP87), horizon -0:50, no refraction of its own, centre of the disc.
    for (place, latitude, longitude, date, sunrise, sunset) in [
        ("london", 51.507, -0.128, "2024-12-21", "2024-12-21 08:04", "2024-12-21 15:54"),
        ("reykjavik", 64.147, -21.942, "2024-06-21", "2024-06-21 02:55", "2024-06-22 00:04"),
        ("sydney", -33.869, 151.209, "2024-12-21", "2024-12-20 18:41", "2024-12-21 09:06"),
        ("reykjavik", 64.147, -21.942, "2024-12-21", "2024-12-21 11:23", "2024-12-21 15:30"),
        ("singapore", 1.352, 103.820, "2024-03-20", "2024-03-19 23:09", "2024-03-20 11:15"),
        ("tromso", 69.649, 18.955, "2024-03-20", "2024-03-20 04:42", "2024-03-20 17:03"),
        ("tromso", 69.649, 18.955, "2024-05-15", "2024-05-14 23:38", "2024-05-15 21:55"),
        ("berlin", 52.520, 13.405, "2024-06-21", "2024-06-21 02:43", "2024-06-21 19:33"),
        ("ushuaia", -54.802, -68.303, "1900-06-21", "1900-06-21 12:59", "1900-06-21 20:11"),
        ("honolulu", 21.307, -157.858, "2100-12-31", "2100-12-31 17:09", "2101-01-01 04:00"),
        ("auckland", -36.848, 174.763, "2026-02-14", "2026-02-13 17:50", "2026-02-14 07:19"),
        ("longyearbyen", 78.223, 15.647, "2024-02-17", "2024-02-17 10:02", "2024-02-17 12:23"),
    ] {
        let sun = sun(latitude, longitude, date);
        let off = [(sun.sunrise, sunrise), (sun.sunset, sunset)].map(|(found, time)| minutes_off(found.as_ref(), time));
        assert!(off.iter().all(|minutes| minutes.abs() <= 2), "{place} {date}: {off:?}");
    }
}

#[test]
fn polar_days_and_nights() {
    // authentic-scandinavia.com: midnight sun in Tromsø from May 20 to July 22, in Longyearbyen from April 20 to August
    // 22. arctic.travel: polar night in Tromsø from November 27 to January 15. Lonely Planet: in Longyearbyen from
    // October 26 to February 16. The last two days are at McMurdo Station, far inside of the Antarctic Circle.
    for (latitude, longitude, date, day, length) in [
        (69.649, 18.955, "2024-06-21", SunDay::PolarDay, 1440),
        (69.649, 18.955, "2024-05-20", SunDay::PolarDay, 1440),
        (69.649, 18.955, "2024-12-21", SunDay::PolarNight, 0),
        (69.649, 18.955, "2024-07-22", SunDay::PolarDay, 1440),
        (69.649, 18.955, "2024-11-28", SunDay::PolarNight, 0),
        (78.223, 15.647, "2024-04-20", SunDay::PolarDay, 1440),
        (78.223, 15.647, "2024-08-22", SunDay::PolarDay, 1440),
        (78.223, 15.647, "2024-10-27", SunDay::PolarNight, 0),
        (78.223, 15.647, "2024-02-14", SunDay::PolarNight, 0),
        (-77.85, 166.67, "2024-12-21", SunDay::PolarDay, 1440),
        (-77.85, 166.67, "2024-06-21", SunDay::PolarNight, 0),
    ] {
        let sun = sun(latitude, longitude, date);
        assert_eq!((sun.day, sun.day_length_minutes), (day, length), "{latitude} {date}");
        assert!(sun.sunrise.is_none() && sun.sunset.is_none());
    }
    for date in ["2024-05-12", "2024-08-01", "2024-11-24", "2024-01-18"] {
        assert_eq!(sun(69.649, 18.955, date).day, SunDay::RisesAndSets, "{date}");
    }
}

#[test]
fn the_sun_rises_before_noon_and_sets_after_it() {
    for city in crate::weather::cities() {
        for month in 1..=12 {
            let sun = sun(city.latitude, city.longitude, &format!("2026-{month:02}-15"));
            let noon = &sun.solar_noon;
            let off = minutes_off(Some(noon), &format!("2026-{month:02}-15 12:00")) as f64 + city.longitude * 4.0;
            assert!(off.abs() < 18.0, "the equation of time is at most 16.5 minutes: {} {noon}", city.slug);
            if let (Some(rise), Some(set)) = (&sun.sunrise, &sun.sunset) {
                assert!(rise.utc < noon.utc && noon.utc < set.utc, "{} {rise} {noon} {set}", city.slug);
                let length = minutes_off(Some(set), &rise.utc.replace('T', " ").replace('Z', ""));
                assert!((length - i64::from(sun.day_length_minutes)).abs() <= 1, "{}", city.slug);
            }
        }
    }
}
