//! What the first bytes of a file say that it is, and whether that is what the caller said.

use crate::error::MediaError;

/// A container that [`super::decode::decode`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// RIFF/WAVE.
    Wav,
    /// MPEG-1/2 layer III, with or without an ID3v2 tag.
    Mp3,
    /// Native FLAC.
    Flac,
    /// Ogg with Vorbis or FLAC inside.
    Ogg,
}

/// What would be accepted, for messages.
pub(crate) const ALLOWED: &str = "WAV, MP3, FLAC, Ogg Vorbis";

/// Names that people and programs use for one type; the first is the canonical one.
const MIME_TYPES: [(Container, &[&str]); 4] = [
    (Container::Wav, &["audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "audio/x-pn-wav"]),
    (Container::Mp3, &["audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/x-mpeg", "audio/mpeg3", "audio/mpg"]),
    (Container::Flac, &["audio/flac", "audio/x-flac"]),
    (Container::Ogg, &["audio/ogg", "application/ogg", "audio/vorbis", "audio/x-ogg", "audio/x-vorbis+ogg"]),
];

/// Magic bytes at an offset of types that are recognized only to be refused by name.
const REFUSED: [(usize, &[u8], &str); 20] = [
    (4, b"ftyp", "AAC or ALAC in MP4 (m4a)"),
    (0, b"ADIF", "AAC (aac)"),
    (0, b"FORM", "AIFF (aiff)"),
    (0, b"#!AMR", "AMR (amr)"),
    (0, b"MThd", "MIDI (mid)"),
    (0, b"caff", "Core Audio (caf)"),
    (0, b".snd", "Sun audio (au)"),
    (0, b"wvpk", "WavPack (wv)"),
    (0, b"MAC ", "Monkey's Audio (ape)"),
    (0, b"RF64", "RF64 (wav above 4 GiB)"),
    (0, &[0x30, 0x26, 0xb2, 0x75], "Windows Media (wma)"),
    (0, &[0x1a, 0x45, 0xdf, 0xa3], "Matroska or WebM (webm)"),
    (28, b"OpusHead", "Opus in Ogg (opus)"),
    (28, b"Speex   ", "Speex in Ogg (spx)"),
    (28, b"\x80theora", "Theora video in Ogg (ogv)"),
    (0, b"\x89PNG", "a PNG image"),
    (0, &[0xff, 0xd8, 0xff], "a JPEG image"),
    (0, b"GIF8", "a GIF image"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive"),
];

impl Container {
    /// The container by its magic bytes.
    ///
    /// # Errors
    /// [`MediaError::Unsupported`] that names a known type which is not read, [`MediaError::Malformed`] for
    /// no bytes at all or unknown ones.
    pub fn sniff(bytes: &[u8]) -> Result<Self, MediaError> {
        if bytes.is_empty() {
            return Err(MediaError::malformed("sound", "it has no bytes"));
        }
        let body = without_id3(bytes);
        if body.starts_with(b"RIFF") && body.get(8..12) == Some(b"WAVE") {
            return Ok(Self::Wav);
        }
        let refused = REFUSED.iter().find(|(at, magic, _)| body.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
        if let Some((_, _, name)) = refused {
            return Err(unsupported(name));
        }
        match body {
            [b'f', b'L', b'a', b'C', ..] => Ok(Self::Flac),
            [b'O', b'g', b'g', b'S', ..] => Ok(Self::Ogg),
            // ISO 11172-3, 2.4.1.3: eleven set bits, then version, layer, protection. ADTS has layer 0 there.
            [0xff, second, third, ..] if second & 0xe0 == 0xe0 => match (second >> 1) & 3 {
                1 if third >> 4 != 15 && (third >> 2) & 3 != 3 => Ok(Self::Mp3),
                0 if second & 0xf0 == 0xf0 => Err(unsupported("AAC (aac)")),
                2 | 3 => Err(unsupported("MPEG audio layer I or II (mp2)")),
                _ => Err(unknown(body)),
            },
            // An MP3's first frame need not follow its tag directly.
            _ if body.len() < bytes.len() => Ok(Self::Mp3),
            _ => Err(unknown(body)),
        }
    }

    /// Canonical MIME type.
    pub fn mime(self) -> &'static str {
        MIME_TYPES
            .iter()
            .find_map(|(container, names)| (*container == self).then_some(names[0]))
            .unwrap_or("application/octet-stream")
    }

    /// Compares with the caller's MIME type. Aliases (`audio/x-wav`, `audio/mp3`) and parameters are accepted; none,
    /// an empty one, and `application/octet-stream` claim nothing.
    ///
    /// # Errors
    /// [`MediaError::WrongType`] when the claim is something else.
    pub fn check_claim(self, claimed: Option<&str>) -> Result<(), MediaError> {
        let claim = claimed.unwrap_or_default().split(';').next().unwrap_or_default();
        let claim = claim.trim().to_ascii_lowercase();
        let is_named =
            MIME_TYPES.iter().any(|(container, names)| *container == self && names.contains(&claim.as_str()));
        let claims_nothing = ["", "application/octet-stream", "binary/octet-stream"];
        if is_named || claims_nothing.contains(&claim.as_str()) {
            return Ok(());
        }
        Err(MediaError::WrongType { actual: self.mime().to_owned(), claimed: claim.chars().take(100).collect() })
    }
}

/// Cuts ID3v2 tags off the start (id3.org, "ID3 tag version 2.4.0", 3.1): ten bytes whose last four are the tag's
/// size, seven bits each.
pub(crate) fn without_id3(mut bytes: &[u8]) -> &[u8] {
    while let [b'I', b'D', b'3', _, _, flags, a, b, c, d, ..] = bytes {
        let size = [a, b, c, d].iter().fold(0, |sum, part| sum << 7 | usize::from(*part & 0x7f));
        let footer = if flags & 0x10 != 0 { 10 } else { 0 };
        bytes = bytes.get(10 + size + footer..).unwrap_or_default();
    }
    bytes
}

/// A well-formed input of a type that is not read.
pub(crate) fn unsupported(found: &str) -> MediaError {
    MediaError::Unsupported { found: found.to_owned(), allowed: ALLOWED.to_owned() }
}

fn unknown(bytes: &[u8]) -> MediaError {
    let start: Vec<String> = bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let start = start.join(" ");
    MediaError::malformed("sound", format!("it starts with {start}, and no {ALLOWED} does"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magic_bytes() {
        let ogg = |codec: &[u8]| [b"OggS".as_slice(), &[0; 24], codec].concat();
        let tagged = [b"ID3\x04\0\0\0\0\0\x02xx".as_slice(), &[0xff, 0xfb, 0x90, 0]].concat();
        let table: [(&[u8], Result<Container, &str>); 14] = [
            (b"RIFF\0\0\0\0WAVEfmt ", Ok(Container::Wav)),
            (b"fLaC\0\0\0\x22", Ok(Container::Flac)),
            (&ogg(b"\x01vorbis"), Ok(Container::Ogg)),
            (&ogg(b"OpusHead"), Err("opus")),
            (&[0xff, 0xfb, 0x90, 0x00], Ok(Container::Mp3)),
            (&tagged, Ok(Container::Mp3)),
            (&[0xff, 0xf1, 0x50, 0x80], Err("aac")),
            (b"\0\0\0\x20ftypM4A ", Err("m4a")),
            (b"FORM\0\0\0\0AIFF", Err("aiff")),
            (b"#!AMR\n", Err("amr")),
            (b"MThd\0\0\0\x06", Err("mid")),
            (b"\x89PNG\r\n\x1a\n", Err("PNG")),
            (b"hello, world", Err("68 65 6c 6c")),
            (b"", Err("no bytes")),
        ];
        for (bytes, wanted) in table {
            match (Container::sniff(bytes), wanted) {
                (Ok(got), Ok(want)) => assert_eq!(got, want),
                (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
                (got, want) => panic!("{got:?} is not {want:?}"),
            }
        }
    }

    #[test]
    fn claims() {
        for claim in [None, Some(""), Some("Audio/X-WAV; codecs=1"), Some("audio/vnd.wave")] {
            assert_eq!(Container::Wav.check_claim(claim), Ok(()));
        }
        assert_eq!(Container::Mp3.check_claim(Some("audio/mp3")), Ok(()));
        for claim in ["audio/mpeg", "image/png", "nonsense"] {
            let error = Container::Wav.check_claim(Some(claim)).unwrap_err();
            assert!(matches!(error, MediaError::WrongType { .. }));
        }
    }
}
