//! Exercise 1, change it: read a `WWW-Authenticate` challenge.
//!
//! A client learns from a 401 or 403 what it has to ask for: `Bearer resource_metadata="https://...", scope="a b",
//! error="insufficient_scope"`. Find one parameter of a Bearer challenge. The name of the scheme and the names of the
//! parameters have no case, a value may be quoted or a plain word, and a quoted one may hold commas, and quotes behind a
//! backslash. A parameter that comes twice is worth nothing: two readers could take different ones.
//!
//! Where to look: `missing_scopes` in `src/client/flow.rs` asks the SDK for this.
//!
//! Hint: go from letter to letter and remember whether you are inside quotes; splitting at commas cannot work.
//! Hint: RFC 9110, section 11.2: `name BWS "=" BWS ( token / quoted-string )`, with spaces and commas between parameters.
//!
//! Learned: a quoted string is read letter by letter; what comes twice is refused, not chosen from.
//! Read on: RFC 9110, section 11.6.1 (several challenges in one header); RFC 6750, section 3; RFC 9728, section 5.1.

/// The value of the parameter `name` of the challenge `header`; none if it is no Bearer challenge, or has it not once.
pub(crate) fn parameter(header: &str, name: &str) -> Option<String> {
    let (scheme, mut rest) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let mut found = None;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return found;
        }
        let (key, after) = rest.split_once('=')?;
        let (value, after) = value(after.trim_start())?;
        if key.trim().eq_ignore_ascii_case(name) && found.replace(value).is_some() {
            return None;
        }
        rest = after;
    }
}

/// A value at the start of `text`, and what comes after it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((place, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &quoted[place + 1..])),
            '\\' => value.push(letters.next()?.1),
            letter => value.push(letter),
        }
    }
    None
}
