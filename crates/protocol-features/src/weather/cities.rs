//! The cities that reports are made for.

use serde::Serialize;

use super::WeatherError;

/// A city and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct City {
    /// How a URI names it: lower case, ASCII, words joined by `-`.
    pub slug: &'static str,
    /// Its name in English.
    pub name: &'static str,
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// Degrees, north is positive.
    pub latitude: f64,
    /// Degrees, east is positive.
    pub longitude: f64,
}

/// All cities, by slug. Their coordinates are those of a point in the centre, to some kilometres.
pub fn cities() -> &'static [City] {
    &CITIES
}

/// The city with this slug.
pub(super) fn find(slug: &str) -> Result<&'static City, WeatherError> {
    let found = CITIES.iter().find(|city| city.slug == slug);
    found.ok_or_else(|| WeatherError::UnknownCity(super::error::shown(slug)))
}

const fn city(slug: &'static str, name: &'static str, country: &'static str, latitude: f64, longitude: f64) -> City {
    City { slug, name, country, latitude, longitude }
}

const CITIES: [City; 30] = [
    city("auckland", "Auckland", "NZ", -36.848, 174.763),
    city("beijing", "Beijing", "CN", 39.904, 116.407),
    city("berlin", "Berlin", "DE", 52.524, 13.411),
    city("bogota", "Bogotá", "CO", 4.610, -74.082),
    city("buenos-aires", "Buenos Aires", "AR", -34.613, -58.377),
    city("cairo", "Cairo", "EG", 30.063, 31.250),
    city("cape-town", "Cape Town", "ZA", -33.926, 18.423),
    city("helsinki", "Helsinki", "FI", 60.170, 24.935),
    city("honolulu", "Honolulu", "US", 21.307, -157.858),
    city("istanbul", "Istanbul", "TR", 41.014, 28.950),
    city("jakarta", "Jakarta", "ID", -6.215, 106.845),
    city("lagos", "Lagos", "NG", 6.454, 3.395),
    city("lima", "Lima", "PE", -12.043, -77.028),
    city("london", "London", "GB", 51.509, -0.126),
    city("longyearbyen", "Longyearbyen", "SJ", 78.223, 15.647),
    city("los-angeles", "Los Angeles", "US", 34.052, -118.244),
    city("madrid", "Madrid", "ES", 40.417, -3.703),
    city("mexico-city", "Mexico City", "MX", 19.428, -99.128),
    city("mumbai", "Mumbai", "IN", 19.073, 72.883),
    city("nairobi", "Nairobi", "KE", -1.283, 36.817),
    city("new-york", "New York", "US", 40.714, -74.006),
    city("paris", "Paris", "FR", 48.853, 2.349),
    city("reykjavik", "Reykjavík", "IS", 64.135, -21.895),
    city("sao-paulo", "São Paulo", "BR", -23.548, -46.636),
    city("singapore", "Singapore", "SG", 1.290, 103.850),
    city("sydney", "Sydney", "AU", -33.868, 151.207),
    city("tokyo", "Tokyo", "JP", 35.690, 139.692),
    city("toronto", "Toronto", "CA", 43.700, -79.416),
    city("tromso", "Tromsø", "NO", 69.649, 18.955),
    city("ushuaia", "Ushuaia", "AR", -54.810, -68.316),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_in_order_and_fit_a_uri() {
        assert!(CITIES.is_sorted_by(|a, b| a.slug < b.slug));
        for city in cities() {
            assert!(city.slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", city.slug);
            assert!(city.latitude.abs() <= 90.0 && city.longitude.abs() <= 180.0, "{}", city.slug);
            assert_eq!(find(city.slug), Ok(city));
        }
    }

    #[test]
    fn other_cities_are_not_known() {
        for slug in ["", "Paris", "paris ", "são-paulo", "../paris", "atlantis"] {
            let error = find(slug).expect_err(slug);
            assert_eq!(error, WeatherError::UnknownCity(slug.to_owned()));
            assert!(error.hint().starts_with("use one of: auckland, beijing, "), "{}", error.hint());
        }
        let long = "x".repeat(5000);
        assert!(find(&long).expect_err("not known").to_string().len() < 200);
    }
}
