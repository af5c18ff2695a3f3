//! What a file is, by its first bytes. A file name or a declared type is only what somebody said.

use crate::error::MediaError;

/// MIME type by magic bytes: images, sound, video and documents that people send, also those that this server does not
/// read, so that a refusal can name them. `None` when nothing is recognised.
///
/// Sources: the formats' specifications, as collected in the WHATWG MIME Sniffing Standard and in `file(1)`.
pub fn sniff(bytes: &[u8]) -> Option<&'static str> {
    riff(bytes)
        .or_else(|| iso_media(bytes))
        .or_else(|| MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, mime)| *mime))
        .or_else(|| bitmap(bytes))
        .or_else(|| ogg(bytes))
        .or_else(|| matroska(bytes))
        .or_else(|| mpeg_audio(bytes))
        .or_else(|| svg(bytes))
}

/// Refuses a claimed MIME type that the bytes contradict. `None`, the empty string and `application/octet-stream` claim
/// nothing; parameters and letter case are ignored, and the usual aliases (`image/jpg`, `audio/x-wav`) are one type.
///
/// # Errors
/// [`MediaError::WrongType`] when the claim names another type than `actual`.
pub fn check_claim(actual: &'static str, claimed: Option<&str>) -> Result<(), MediaError> {
    let said = claimed.unwrap_or_default();
    let said = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let no_claim = matches!(said.as_str(), "" | "application/octet-stream" | "binary/octet-stream");
    if no_claim || canonical(&said) == actual {
        return Ok(());
    }
    Err(MediaError::WrongType { actual: actual.to_owned(), claimed: said.chars().take(100).collect() })
}

const MAGIC: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
    (b"\0\0\x01\0", "image/x-icon"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\xff\x0a", "image/jxl"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"qoif", "image/qoi"),
    (b"%PDF-", "application/pdf"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"FORM", "audio/aiff"),
    (b".snd", "audio/basic"),
    (b"MThd", "audio/midi"),
    (b"#!AMR", "audio/amr"),
    (b"YUV4MPEG2", "video/x-yuv4mpeg"),
    (b"\0\0\x01\xba", "video/mpeg"),
    (b"\0\0\x01\xb3", "video/mpeg"),
    (b"FLV\x01", "video/x-flv"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
];

fn canonical(claimed: &str) -> &str {
    match claimed {
        "image/jpg" | "image/pjpeg" | "image/jfif" => "image/jpeg",
        "image/x-png" | "image/apng" | "image/vnd.mozilla.apng" => "image/png",
        "image/x-ms-bmp" | "image/x-bmp" | "image/x-windows-bmp" => "image/bmp",
        "image/vnd.microsoft.icon" | "image/ico" => "image/x-icon",
        "image/heif" | "image/heic-sequence" => "image/heic",
        "image/tif" | "image/x-tiff" => "image/tiff",
        "audio/x-wav" | "audio/wave" | "audio/vnd.wave" | "audio/x-pn-wav" => "audio/wav",
        "audio/mp3" | "audio/x-mp3" | "audio/mpeg3" | "audio/x-mpeg" => "audio/mpeg",
        "audio/x-flac" => "audio/flac",
        "audio/vorbis" | "audio/x-vorbis+ogg" | "audio/opus" | "application/ogg" => "audio/ogg",
        "audio/m4a" | "audio/x-m4a" => "audio/mp4",
        "video/y4m" | "video/x-y4m" | "video/x-raw-yuv" => "video/x-yuv4mpeg",
        "video/avi" | "video/vnd.avi" => "video/x-msvideo",
        "video/matroska" => "video/x-matroska",
        other => other,
    }
}

fn riff(bytes: &[u8]) -> Option<&'static str> {
    if !bytes.starts_with(b"RIFF") {
        return None;
    }
    match bytes.get(8..12)? {
        b"WEBP" => Some("image/webp"),
        b"WAVE" => Some("audio/wav"),
        b"AVI " => Some("video/x-msvideo"),
        _ => None,
    }
}

/// ISO base media (ISO/IEC 14496-12): the major brand tells a photograph from a film.
fn iso_media(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(4..8)? != b"ftyp" {
        return None;
    }
    Some(match bytes.get(8..12)? {
        b"avif" | b"avis" => "image/avif",
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => "image/heic",
        b"qt  " => "video/quicktime",
        b"M4A " | b"M4B " => "audio/mp4",
        _ => "video/mp4",
    })
}

/// Two letters are weak evidence, so the reserved words and the length of the second header must fit too.
fn bitmap(bytes: &[u8]) -> Option<&'static str> {
    let header = bytes.get(..18)?;
    let plausible = header.starts_with(b"BM")
        && header[6..10] == [0; 4]
        && matches!(header[14], 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124)
        && header[15..18] == [0; 3];
    plausible.then_some("image/bmp")
}

fn ogg(bytes: &[u8]) -> Option<&'static str> {
    if !bytes.starts_with(b"OggS") {
        return None;
    }
    let film = bytes.iter().take(128).copied().collect::<Vec<u8>>();
    Some(if contains(&film, b"\x80theora") { "video/ogg" } else { "audio/ogg" })
}

fn matroska(bytes: &[u8]) -> Option<&'static str> {
    if !bytes.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) {
        return None;
    }
    let head = bytes.get(..bytes.len().min(64)).unwrap_or_default();
    Some(if contains(head, b"webm") { "video/webm" } else { "video/x-matroska" })
}

/// An MPEG audio frame header without an ID3 tag (ISO/IEC 11172-3): 11 sync bits and no reserved value.
fn mpeg_audio(bytes: &[u8]) -> Option<&'static str> {
    let [0xff, second, third, ..] = *bytes else {
        return None;
    };
    if second & 0xf6 == 0xf0 {
        return Some("audio/aac");
    }
    let sync = second & 0xe0 == 0xe0;
    let reserved = second & 0x18 == 0x08 || second & 0x06 == 0 || third >> 4 == 15 || third & 0x0c == 0x0c;
    (sync && !reserved).then_some("audio/mpeg")
}

fn svg(bytes: &[u8]) -> Option<&'static str> {
    let head = bytes.get(..bytes.len().min(1024))?;
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    (text.starts_with(b"<") && contains(head, b"<svg")).then_some("image/svg+xml")
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_told_by_its_bytes() {
        let cases: &[(&[u8], Option<&str>)] = &[
            (b"\x89PNG\r\n\x1a\n....", Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a", Some("image/gif")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"RIFF\0\0\0\0WAVEfmt ", Some("audio/wav")),
            (b"RIFF\0\0\0\0AVI LIST", Some("video/x-msvideo")),
            (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", Some("image/bmp")),
            (b"BMW is a brand of cars and motorcycles", None),
            (b"\0\0\0\x18ftypmp42", Some("video/mp4")),
            (b"\0\0\0\x18ftypheic", Some("image/heic")),
            (b"\0\0\0\x18ftypavif", Some("image/avif")),
            (b"\0\0\0\x14ftypqt  ", Some("video/quicktime")),
            (b"II*\0\x08", Some("image/tiff")),
            (b"\xff\xfb\x90\x44", Some("audio/mpeg")),
            (b"\xff\xf1\x50\x80", Some("audio/aac")),
            (b"ID3\x04", Some("audio/mpeg")),
            (b"fLaC\0", Some("audio/flac")),
            (b"OggS\0\x02\0\0\0\x01vorbis", Some("audio/ogg")),
            (b"OggS\0\x02\0\0\0\x80theora", Some("video/ogg")),
            (b"YUV4MPEG2 W2 H2\n", Some("video/x-yuv4mpeg")),
            (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", Some("video/webm")),
            (b"%PDF-1.7", Some("application/pdf")),
            (b"<?xml version='1.0'?><svg xmlns='x'/>", Some("image/svg+xml")),
            (b"hello", None),
            (b"", None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(sniff(bytes), *expected, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_claim_is_checked_but_aliases_and_no_claim_pass() {
        for claim in [None, Some(""), Some("application/octet-stream"), Some("image/jpg"), Some("IMAGE/JPEG; q=1")] {
            assert_eq!(check_claim("image/jpeg", claim), Ok(()), "{claim:?}");
        }
        let refused = check_claim("image/jpeg", Some("image/png"));
        assert_eq!(refused, Err(MediaError::WrongType { actual: "image/jpeg".into(), claimed: "image/png".into() }));
    }
}
