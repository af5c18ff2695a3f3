//! The one cookie of a site with pages: a random name for a browser, and nothing else.

use http::{HeaderMap, header};

/// A random name of 256 bits in base64url has so many characters.
const LENGTH: usize = 43;

/// A cookie that names a browser.
pub struct Cookie {
    name: &'static str,
    prefixed: &'static str,
    seconds: i64,
}

impl Cookie {
    /// A cookie that lasts for so many seconds. `prefixed` is its name with `__Host-` in front: over https the prefix keeps
    /// other hosts of the same domain from planting one, and over http there is no such prefix.
    pub const fn new(name: &'static str, prefixed: &'static str, seconds: i64) -> Self {
        Self { name, prefixed, seconds }
    }

    /// What the browser sent.
    pub fn read(&self, headers: &HeaderMap, is_https: bool) -> Option<String> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let own = pairs.filter(|(found, _)| *found == self.name(is_https)).map(|(_, value)| value);
        own.filter(|value| value.len() == LENGTH).map(str::to_owned).next()
    }

    /// The value of `Set-Cookie`. `Lax`, because the first request comes from a link on another site; forms are protected by
    /// their own token.
    pub fn write(&self, value: &str, is_https: bool) -> String {
        let (name, seconds) = (self.name(is_https), self.seconds);
        let secure = if is_https { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }

    fn name(&self, is_https: bool) -> &'static str {
        if is_https { self.prefixed } else { self.name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own() {
        let cookie = Cookie::new("browser", "__Host-browser", 60);
        let value = "x".repeat(LENGTH);
        assert_eq!(
            cookie.write(&value, true),
            format!("__Host-browser={value}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure")
        );
        let read = |sent: &str, is_https| {
            let headers = HeaderMap::from_iter([(header::COOKIE, sent.parse().expect("a value"))]);
            cookie.read(&headers, is_https)
        };
        assert_eq!(read(&format!("a=b; browser={value}"), false), Some(value.clone()));
        assert_eq!(read(&format!("browser={value}"), true), None, "planted over http");
        assert_eq!(read("browser=short", false), None);
    }
}
