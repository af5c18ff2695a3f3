//! A self-signed certificate around a signing key: what `x5c` and `x5t` of the published keys stand for.

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UTF8: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
/// `sha256WithRSAEncryption` and its empty parameter.
const RSA_SHA256: [u8; 13] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00];
const COMMON_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x03];

/// The certificate of a public key in DER (RFC 5280); `sign` signs with the private key that belongs to it.
pub(super) fn self_signed(
    subject_public_key: &[u8],
    sign: impl FnOnce(&[u8]) -> anyhow::Result<Vec<u8>>,
) -> anyhow::Result<Vec<u8>> {
    let algorithm = der(SEQUENCE, &[&RSA_SHA256]);
    let name = der(SEQUENCE, &[&COMMON_NAME, &der(UTF8, &[b"stand-in.entra.example"])]);
    let name = der(SEQUENCE, &[&der(SET, &[&name])]);
    // Nobody checks these dates: the key counts, for as long as it is published.
    let validity = der(SEQUENCE, &[&der(UTC_TIME, &[b"260101000000Z"]), &der(UTC_TIME, &[b"491231235959Z"])]);
    let version = der(0xa0, &[&der(INTEGER, &[&[2]])]);
    let mut serial = rand::random::<[u8; 16]>();
    // Positive, and without a needless zero in front.
    serial[0] = serial[0] & 0x3f | 0x40;
    let to_be_signed =
        der(SEQUENCE, &[&version, &der(INTEGER, &[&serial]), &algorithm, &name, &validity, &name, subject_public_key]);
    let signature = sign(&to_be_signed)?;
    Ok(der(SEQUENCE, &[&to_be_signed, &algorithm, &der(BIT_STRING, &[&[0], &signature])]))
}

/// A tag, the length, and the parts one after the other.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut text = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => text.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let significant = &bytes[bytes.iter().position(|byte| *byte != 0).unwrap_or(0)..];
            text.push(0x80 | significant.len() as u8);
            text.extend(significant);
        }
    }
    for part in parts {
        text.extend(*part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_short_and_long() {
        assert_eq!(der(UTF8, &[b"ab", b"c"]), [0x0c, 3, b'a', b'b', b'c']);
        assert_eq!(der(UTF8, &[&[7; 200]])[..3], [0x0c, 0x81, 200]);
        assert_eq!(der(UTF8, &[&[7; 300]])[..4], [0x0c, 0x82, 1, 44]);
    }
}
