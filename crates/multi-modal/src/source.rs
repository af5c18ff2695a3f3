//! Where an input comes from. Every tool accepts every form: inline base64, a `data:` URI, a `media://` handle, an
//! `https:` URL.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use mcp_support::fetch::{FetchError, Fetcher};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{error::MediaError, limits, store::Store, vision::decode::sniff};

/// An image, sound or video: either `uri`, or `data` with `mime_type`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A media:// handle, an https: URL, or a data: URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 30_000_000))]
    pub uri: Option<String>,
    /// The file in base64 (RFC 4648, without blanks).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 30_000_000))]
    pub data: Option<String>,
    /// MIME type of `data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    pub mime_type: Option<String>,
}

/// What is expected of a source, with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A picture.
    Image,
    /// A sound.
    Audio,
    /// A video or an animation.
    Video,
    /// Any of them.
    Any,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Audio => "sound",
            Self::Video => "video",
            Self::Any => "file",
        }
    }

    /// Largest encoded size, in bytes.
    pub fn max_bytes(self) -> usize {
        match self {
            Self::Image => limits::IMAGE_BYTES,
            Self::Audio | Self::Any => limits::AUDIO_BYTES,
            Self::Video => limits::VIDEO_BYTES,
        }
    }

    /// Content types that a URL may answer with. Some servers name none that is useful.
    fn content_types(self) -> &'static [&'static str] {
        match self {
            Self::Image => &["image/", "application/octet-stream", "binary/octet-stream"],
            Self::Audio => &["audio/", "application/ogg", "application/octet-stream", "binary/octet-stream"],
            Self::Video => &["video/", "image/", "application/octet-stream", "binary/octet-stream"],
            Self::Any => {
                &["image/", "audio/", "video/", "application/ogg", "application/octet-stream", "binary/octet-stream"]
            }
        }
    }
}

/// A file that has been loaded, not yet decoded.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Its content.
    pub bytes: Arc<[u8]>,
    /// The MIME type that the caller, or a server, says it has.
    pub claimed: Option<String>,
    /// A name for people.
    pub name: String,
}

/// Loads a source for `owner`.
///
/// # Errors
/// The source is malformed, too large, unknown, or cannot be fetched; each with what is allowed.
pub async fn load(
    source: &Source,
    kind: Kind,
    store: &Store,
    fetcher: &Fetcher,
    owner: &str,
) -> Result<Loaded, MediaError> {
    let loaded = match (&source.uri, &source.data) {
        (Some(uri), None) if source.mime_type.is_none() => from_uri(uri.trim(), kind, store, fetcher, owner).await?,
        (None, Some(data)) => {
            let Some(claimed) = source.mime_type.clone().filter(|mime| is_mime(mime)) else {
                return Err(invalid("data comes without a mime_type, or with one that is none"));
            };
            let bytes = decode_base64(data, kind)?.into();
            Loaded { bytes, claimed: Some(claimed.to_ascii_lowercase()), name: "inline".to_owned() }
        }
        _ => return Err(invalid("a source is either uri, or data with mime_type")),
    };
    if loaded.bytes.is_empty() {
        return Err(MediaError::Malformed { kind: kind.name(), reason: "it is empty (0 bytes)".to_owned() });
    }
    if loaded.bytes.len() > kind.max_bytes() {
        return Err(too_large(kind, loaded.bytes.len()));
    }
    Ok(loaded)
}

async fn from_uri(uri: &str, kind: Kind, store: &Store, fetcher: &Fetcher, owner: &str) -> Result<Loaded, MediaError> {
    // The scheme of a URI has no case (RFC 3986, section 3.1).
    let scheme = uri.split(':').next().unwrap_or_default().to_ascii_lowercase();
    if scheme == "media" {
        let media = store.get(owner, &format!("media{}", &uri[scheme.len()..]))?;
        return Ok(Loaded { bytes: media.bytes, claimed: None, name: media.name });
    }
    if scheme == "data" {
        return from_data_uri(uri.get("data:".len()..).unwrap_or_default(), kind);
    }
    let limits = fetcher.for_content(kind.max_bytes() as u64, kind.content_types());
    let fetched = limits.get(uri).await.map_err(|error| unfetched(&error, kind))?;
    let name = fetched.url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let name = if name.is_empty() { fetched.url.host_str().unwrap_or("fetched").to_owned() } else { name.to_owned() };
    // A server that does not know what it serves has claimed nothing.
    let claimed = Some(fetched.content_type).filter(|kind| !kind.is_empty() && !kind.contains("octet-stream"));
    Ok(Loaded { bytes: fetched.bytes.as_ref().into(), claimed, name })
}

/// `data:[<media type>][;base64],<data>` (RFC 2397); only base64 makes sense for media.
fn from_data_uri(rest: &str, kind: Kind) -> Result<Loaded, MediaError> {
    let Some((head, data)) = rest.split_once(',') else {
        return Err(invalid("the data: URI has no comma before its data"));
    };
    let Some(head) = head.strip_suffix(";base64") else {
        return Err(invalid("the data: URI is not base64 (data:image/png;base64,...)"));
    };
    let mime = head.split(';').next().unwrap_or_default();
    if !mime.is_empty() && !is_mime(mime) {
        return Err(invalid("the data: URI names no MIME type (data:image/png;base64,...)"));
    }
    let claimed = (!mime.is_empty()).then(|| mime.to_ascii_lowercase());
    Ok(Loaded { bytes: decode_base64(data, kind)?.into(), claimed, name: "inline".to_owned() })
}

fn decode_base64(data: &str, kind: Kind) -> Result<Vec<u8>, MediaError> {
    // Four characters hold three bytes: refuse before decoding.
    let size = data.len() / 4 * 3;
    if size > kind.max_bytes() + 3 {
        return Err(too_large(kind, size));
    }
    if let Some(at) = data.bytes().position(|byte| byte.is_ascii_whitespace()) {
        return Err(MediaError::Malformed {
            kind: "base64",
            reason: format!("there is a blank or line break at character {at}; send it in one piece"),
        });
    }
    STANDARD.decode(data).map_err(|error| MediaError::malformed("base64", error))
}

fn is_mime(text: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
    text.len() <= 100 && text.split_once('/').is_some_and(|(kind, sub)| part(kind) && part(sub))
}

/// The MIME type of a file, by its magic bytes.
///
/// # Errors
/// The bytes are no type that this server knows.
pub fn mime_of(bytes: &[u8]) -> Result<&'static str, MediaError> {
    sniff(bytes).ok_or_else(|| MediaError::Unsupported {
        found: "a file of an unknown type".to_owned(),
        allowed: "PNG, JPEG, GIF, WebP, BMP, WAV, MP3, FLAC, OGG, Y4M, PDF".to_owned(),
    })
}

fn too_large(kind: Kind, bytes: usize) -> MediaError {
    MediaError::TooLarge {
        what: kind.name(),
        actual: format!("{bytes} bytes"),
        limit: format!("{} bytes", kind.max_bytes()),
    }
}

fn invalid(what: &str) -> MediaError {
    MediaError::Invalid {
        what: what.to_owned(),
        hint: "give {\"uri\": \"media://..., https://... or data:...\"} or {\"data\": \"<base64>\", \
               \"mime_type\": \"image/png\"}"
            .to_owned(),
    }
}

fn unfetched(error: &FetchError, kind: Kind) -> MediaError {
    match error {
        FetchError::TooLarge(limit) => MediaError::TooLarge {
            what: kind.name(),
            actual: format!("more than {limit} bytes"),
            limit: format!("{limit} bytes"),
        },
        other => MediaError::Invalid {
            what: format!("the URL was not fetched: {other}"),
            hint: "give a public https: URL of a file, a media:// handle, or the file in base64".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Quota;

    async fn try_load(uri: Option<&str>, data: Option<&str>, mime: Option<&str>) -> Result<Loaded, MediaError> {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let source = Source { uri: own(uri), data: own(data), mime_type: own(mime) };
        load(&source, Kind::Image, &Store::new(Quota::default()), &Fetcher::default(), "me").await
    }

    #[tokio::test]
    async fn forms() {
        let loaded = try_load(None, Some("AAEC"), Some("image/PNG")).await.expect("inline");
        assert_eq!((loaded.bytes.as_ref(), loaded.claimed.as_deref()), (&[0, 1, 2][..], Some("image/png")));
        let loaded = try_load(Some("data:image/gif;base64,AAEC"), None, None).await.expect("data URI");
        assert_eq!(loaded.claimed.as_deref(), Some("image/gif"));
        let loaded = try_load(Some("data:;base64,AAEC"), None, None).await.expect("data URI without a type");
        assert_eq!(loaded.claimed, None);

        let store = Store::new(Quota::default());
        let media = store.put("me", "n", "image/png", "import", vec![1]).expect("kept");
        let source = Source { uri: Some(media.uri()), data: None, mime_type: None };
        let fetcher = Fetcher::default();
        assert_eq!(load(&source, Kind::Any, &store, &fetcher, "me").await.expect("own").bytes.len(), 1);
        assert!(load(&source, Kind::Any, &store, &fetcher, "you").await.is_err());
    }

    #[tokio::test]
    async fn mistakes_say_what_is_allowed() {
        let long = "A".repeat(16_000_000);
        for (uri, data, mime, expect) in [
            (None, None, None, "either uri, or data"),
            (Some("media://x"), Some("AAEC"), None, "either uri, or data"),
            (Some("media://x"), None, Some("image/png"), "either uri, or data"),
            (None, Some("AAEC"), None, "without a mime_type"),
            (None, Some("AAEC"), Some("png"), "without a mime_type"),
            (None, Some("AA EC"), Some("image/png"), "blank or line break at character 2"),
            (None, Some("AA\nEC"), Some("image/png"), "blank or line break at character 2"),
            (None, Some("AA*C"), Some("image/png"), "base64 cannot be read"),
            (None, Some(""), Some("image/png"), "0 bytes"),
            (None, Some(long.as_str()), Some("image/png"), "at most 10485760 bytes"),
            (Some("data:image/png,abc"), None, None, "not base64"),
            (Some("data:image/png;base64"), None, None, "no comma"),
            (Some("data:a b/c;base64,AAEC"), None, None, "no MIME type"),
            (Some("media://unknown"), None, None, "no media 'media://unknown'"),
            (Some("http://example.com/a.png"), None, None, "only https:"),
            (Some("https://127.0.0.1/a.png"), None, None, "not a public host"),
            (Some("https://169.254.169.254/"), None, None, "not a public host"),
            (Some("/etc/passwd"), None, None, "is no URL"),
            (Some("file:///etc/passwd"), None, None, "not file:"),
            (Some(""), None, None, "is no URL"),
        ] {
            let error = try_load(uri, data, mime).await.expect_err(expect);
            assert!(error.to_string().contains(expect), "{uri:?} {mime:?}: {error}");
            assert!(!error.hint().is_empty());
        }
    }
}
