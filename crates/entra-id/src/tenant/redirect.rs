//! The way back to a client.

use url::Url;

/// The URI with parameters in its query.
pub(super) fn with_query(uri: &str, parameters: &[(&str, &str)]) -> String {
    let Ok(mut url) = Url::parse(uri) else { return uri.to_owned() };
    url.query_pairs_mut().extend_pairs(parameters);
    url.into()
}

/// The URI with parameters in its fragment, which browsers send to no server.
pub(super) fn with_fragment(uri: &str, parameters: &[(&str, &str)]) -> String {
    let text: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{uri}#{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_added() {
        assert_eq!(with_query("http://localhost?a=b", &[("code", "x y")]), "http://localhost/?a=b&code=x+y");
        assert_eq!(with_fragment("http://localhost", &[("code", "x#y")]), "http://localhost#code=x%23y");
    }
}
