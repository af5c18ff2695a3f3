//! Reports with and without a provider, and with one that misbehaves.

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, method, path, query_param},
};

use super::*;
use crate::upstream::UpstreamError;

/// An answer in Open-Meteo's documented shape.
fn answer() -> Value {
    json!({
        "latitude": 52.52, "longitude": 13.419998, "generationtime_ms": 0.0749, "utc_offset_seconds": 0,
        "timezone": "GMT", "timezone_abbreviation": "GMT", "elevation": 38.0,
        "daily_units": {
            "time": "iso8601", "temperature_2m_max": "°C", "temperature_2m_min": "°C", "precipitation_sum": "mm",
            "weather_code": "wmo code"
        },
        "daily": {
            "time": ["2026-06-21"], "temperature_2m_max": [24.3], "temperature_2m_min": [13.1],
            "precipitation_sum": [0.4], "weather_code": [61]
        }
    })
}

fn weather(server: &MockServer) -> Weather {
    Weather::new(Some(server.uri().parse().unwrap())).unwrap()
}

async fn answered(response: ResponseTemplate) -> Result<Report, WeatherError> {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).mount(&server).await;
    weather(&server).report("berlin", "2026-06-21").await
}

#[tokio::test]
async fn without_a_provider_the_report_is_computed() {
    let report = Weather::new(None).unwrap().report("tokyo", "2024-01-01").await.unwrap();
    let value = serde_json::to_value(&report).unwrap();
    assert_eq!(value["city"]["slug"], "tokyo");
    assert_eq!(value["sun"]["day"], "rises_and_sets");
    assert_eq!(value["sun"]["sunrise"], json!({"utc": "2023-12-31T21:51Z", "local_mean_solar_time": "07:10"}));
    assert_eq!(value["moon"]["phase"], "waning_gibbous");
    assert_eq!(value["forecast"], Value::Null);
    assert!(value["sun"]["made_by"].as_str().unwrap().contains("NOAA"));
    let text = report.to_string();
    for part in [
        "Tokyo (JP, latitude 35.69, longitude 139.692) on 2024-01-01\n",
        "rises 2023-12-31T21:51Z (07:10 local mean solar time), sets 2024-01-01T07:38Z (16:57 local",
        "day length 9 h 47 min; highest ",
        "Moon: waning gibbous, ",
        "Forecast: none: a forecast needs a provider, and none is set (WEATHER_BASE_URL)",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let polar = Weather::new(None).unwrap().report("tromso", "2024-12-21").await.unwrap().to_string();
    assert!(polar.contains("Sun: does not rise (polar night); highest "), "{polar}");
}

#[tokio::test]
async fn every_city_has_a_report_on_the_first_and_the_last_day() {
    let weather = Weather::new(None).unwrap();
    for city in cities() {
        for date in [FIRST_DAY, LAST_DAY] {
            let report = weather.report(city.slug, date).await.unwrap();
            assert!((0.0..=1.0).contains(&report.moon.illuminated_fraction), "{report}");
        }
    }
}

#[tokio::test]
async fn a_provider_adds_its_forecast() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/v1/forecast"))
        .and(query_param("latitude", "52.524"))
        .and(query_param("longitude", "13.411"))
        .and(query_param("daily", "temperature_2m_max,temperature_2m_min,precipitation_sum,weather_code"))
        .and(query_param("timezone", "UTC"))
        .and(query_param("start_date", "2026-06-21"))
        .and(query_param("end_date", "2026-06-21"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer()))
        .expect(1)
        .mount(&server)
        .await;
    let report = weather(&server).report("berlin", "2026-06-21").await.unwrap();
    let forecast = report.forecast.as_ref().unwrap();
    assert_eq!((forecast.temperature_max, forecast.weather), (Some(24.3), Some("slight rain")));
    let expected = "Forecast: slight rain, at least 13.1 °C, at most 24.3 °C, precipitation 0.4 mm; forecast by \
                    Open-Meteo.com (CC BY 4.0), asked at 127.0.0.1";
    assert!(report.to_string().ends_with(expected), "{report}");
}

#[tokio::test]
async fn what_the_provider_does_not_know_is_missing() {
    let mut unknown = answer();
    unknown["daily"]["temperature_2m_max"] = json!([null]);
    unknown["daily"]["precipitation_sum"] = json!([]);
    unknown["daily"]["weather_code"] = json!([42.0]);
    let report = answered(ResponseTemplate::new(200).set_body_json(unknown)).await.unwrap();
    let forecast = report.forecast.as_ref().unwrap();
    assert_eq!((forecast.temperature_max, forecast.precipitation), (None, None));
    assert!(report.to_string().contains("weather without a name, at least 13.1 °C, at most unknown"), "{report}");
}

#[tokio::test]
async fn a_day_without_forecast_is_no_error() {
    let reason = "Parameter 'start_date' is out of allowed range from 2026-03-20 to 2026-07-07";
    for (body, words) in [
        (json!({ "error": true, "reason": reason }), reason),
        (json!({ "error": true }), "it gave no reason"),
        (json!("?"), "it gave no reason"),
    ] {
        let report = answered(ResponseTemplate::new(400).set_body_json(body)).await.unwrap();
        assert!(report.forecast.is_none() && report.sun.sunrise.is_some());
        assert_eq!(report.no_forecast_because, Some(format!("127.0.0.1 has none for this day: {words}")));
    }
}

#[tokio::test]
async fn a_provider_that_fails_is_an_error() {
    let body = json!({ "error": true, "reason": "Minutely API request limit exceeded." });
    for (status, message, is_retryable) in [
        (429, "no forecast: 127.0.0.1 wants fewer requests", true),
        (500, "no forecast: 127.0.0.1 answered 500: Minutely API request limit exceeded.", true),
        (503, "no forecast: 127.0.0.1 answered 503: Minutely API request limit exceeded.", true),
        (404, "no forecast: 127.0.0.1 answered 404: Minutely API request limit exceeded.", false),
        (302, "no forecast: 127.0.0.1 answered 302, and redirects are not followed", false),
    ] {
        let error = answered(ResponseTemplate::new(status).set_body_json(&body)).await.unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.is_retryable(), is_retryable, "{status}");
        assert!(!error.hint().is_empty());
    }
}

#[tokio::test]
async fn answers_that_are_no_forecast() {
    let mut other_day = answer();
    other_day["daily"]["time"] = json!(["2026-06-22"]);
    let mut no_list = answer();
    no_list["daily"]["temperature_2m_max"] = json!(24.3);
    for (body, reason) in [
        (String::new(), "EOF while parsing"),
        ("<html>".to_owned(), "expected value"),
        ("{}".to_owned(), "missing field `daily`"),
        (no_list.to_string(), "invalid type: floating point"),
        (other_day.to_string(), "it is not about 2026-06-21"),
        (format!("[{}]", " ".repeat(BOUNDS.most_bytes)), "is longer than 65536 bytes"),
    ] {
        let error = answered(ResponseTemplate::new(200).set_body_string(body)).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn a_slow_provider_has_a_deadline() {
    let server = MockServer::start().await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    Mock::given(any()).respond_with(late).mount(&server).await;
    let bounds = Bounds { deadline: Duration::from_millis(100), ..BOUNDS };
    let weather = Weather::within(Some(server.uri().parse().unwrap()), bounds).unwrap();
    let error = weather.report("berlin", "2026-06-21").await.unwrap_err();
    assert!(matches!(error, WeatherError::Provider(UpstreamError::Late { .. })), "{error}");
}

#[tokio::test]
async fn nothing_is_sent_for_a_bad_argument() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    for (city, date) in [("atlantis", "2026-06-21"), ("berlin", "2026-02-30"), ("berlin&latitude=0", "2026-06-21")] {
        weather(&server).report(city, date).await.expect_err(city);
    }
    let error = Weather::new(Some("http://api.open-meteo.com/".parse().unwrap())).unwrap_err();
    assert_eq!(error, WeatherError::Provider(UpstreamError::BaseUrl));
}
