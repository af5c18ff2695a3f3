//! Percent-encoding (RFC 3986, section 2.1).

use std::fmt::Write as _;

use super::VarError;

/// RFC 3986, section 2.3.
pub(super) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// RFC 3986, section 2.2.
pub(super) fn is_reserved(byte: u8) -> bool {
    b":/?#[]@!$&'()*+,;=".contains(&byte)
}

/// Appends `value`, encoded.
pub(super) fn encode(value: &str, keeps_reserved: bool, uri: &mut String) {
    for byte in value.bytes() {
        if is_unreserved(byte) || (keeps_reserved && is_reserved(byte)) {
            uri.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
}

/// Whether two hexadecimal digits follow each `%`.
pub(super) fn is_encoded(text: &str) -> bool {
    let mut escapes = text.split('%').skip(1).map(str::as_bytes);
    escapes.all(|after| after.len() >= 2 && after[..2].iter().all(u8::is_ascii_hexdigit))
}

/// The text that stands encoded in a URI as the value of `name`.
pub(super) fn decode(name: &str, value: &str) -> Result<String, VarError> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let byte = after.first_chunk().and_then(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
            bytes.push(byte.ok_or_else(|| VarError::Percent(name.to_owned()))?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    // The standard library refuses overlong forms and surrogates.
    let text = String::from_utf8(bytes).map_err(|_| VarError::NotUtf8(name.to_owned()))?;
    // Whatever C code gets the value would see another one.
    if text.contains('\0') { Err(VarError::Nul(name.to_owned())) } else { Ok(text) }
}

fn digit(character: u8) -> Option<u8> {
    let value = char::from(character).to_digit(16)?;
    u8::try_from(value).ok()
}
