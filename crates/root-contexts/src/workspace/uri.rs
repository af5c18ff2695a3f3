//! `file:` URIs and paths, from the text that a client sent to the names in it.
//!
//! Reading is strict where a lenient reader and the file system could disagree about what a text means: what is encoded
//! is decoded once, and a name that holds a separator, a NUL or a step upwards is refused, not repaired.

use url::Url;

/// Longest URI or path, in bytes.
pub const MAX_BYTES: usize = 4096;

/// Why a text names no file here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// Nothing, or more than anyone needs.
    #[error("a URI has from 1 to {MAX_BYTES} bytes, and this one has {0}")]
    Length(usize),
    /// Another scheme, or none.
    #[error("not a file: URI")]
    Scheme,
    /// `file:a/b`, which no base makes whole.
    #[error("a file: URI names an absolute path, such as file:///folder/file")]
    Relative,
    /// `file://server/share`.
    #[error("files of another host cannot be read: the host of a file: URI is empty or localhost")]
    Host,
    /// `file:///C:/x` where there are no drives.
    #[error("a path of Windows, and this server does not run on Windows")]
    Windows,
    /// A `?` or a `#` that is not encoded.
    #[error("a file: URI has no query and no fragment; a name with '?' or '#' is written with %3F or %23")]
    Query,
    /// A `%` that begins no pair of hexadecimal digits.
    #[error("a '%' that is not followed by two hexadecimal digits")]
    Percent,
    /// Bytes that are no text.
    #[error("a name that is not UTF-8")]
    NotText,
    /// `..`, encoded or not.
    #[error("a path with '..'")]
    Upwards,
    /// A separator, a control character or a blank in a place where none belongs.
    #[error("a name with a separator, a control character or a stray blank")]
    Character,
    /// What the parser of URLs says.
    #[error("not a URI: {0}")]
    Malformed(#[from] url::ParseError),
}

/// An absolute path: the names in it, decoded, without `.` and `..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileUri {
    /// From the top of the file system down; on Windows the first is the drive, such as `C:`.
    pub names: Vec<String>,
    /// The text ended with a `/`: only a folder is meant.
    pub only_folder: bool,
}

impl FileUri {
    /// Reads a URI in any of the forms of RFC 8089: `file:/a`, `file:///a`, `file://localhost/a`, percent-encoded or
    /// not, and on Windows `file:///C:/a` and `file:///c%3A/a`.
    ///
    /// # Errors
    /// [`UriError`].
    pub fn parse(text: &str) -> Result<Self, UriError> {
        if text.is_empty() || text.len() > MAX_BYTES {
            return Err(UriError::Length(text.len()));
        }
        // `url` drops blanks at both ends, and tabs and line ends anywhere; it takes `\` for `/`. A name is not
        // repaired.
        if text.trim() != text || text.chars().any(|letter| letter.is_control() || letter == '\\') {
            return Err(UriError::Character);
        }
        let (scheme, rest) = text.split_once(':').ok_or(UriError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("file") {
            return Err(UriError::Scheme);
        }
        if !rest.starts_with('/') {
            return Err(UriError::Relative);
        }
        // Four slashes are another way to write the host of `file://server/share`.
        if rest.starts_with("////") {
            return Err(UriError::Host);
        }
        if rest.contains(['?', '#']) {
            return Err(UriError::Query);
        }
        // `url` resolves `..` and `%2e%2e` by itself. What is between is not looked at then, so it is not accepted.
        for part in rest.split('/') {
            check_name(&decode(part)?)?;
        }
        let url = Url::parse(text)?;
        if url.host_str().is_some_and(|host| !host.is_empty()) {
            return Err(UriError::Host);
        }
        let parts = url.path_segments().ok_or(UriError::Relative)?;
        let names = parts.filter(|part| !part.is_empty()).map(decode).collect::<Result<Vec<_>, _>>()?;
        check_drive(&names)?;
        Ok(Self { names, only_folder: url.path().ends_with('/') })
    }

    /// The URI of these names, percent-encoded, without a slash at its end.
    pub fn write(names: &[String]) -> String {
        extend("file:///", names)
    }
}

/// `base` with more names behind it, percent-encoded.
pub fn extend(base: &str, names: &[String]) -> String {
    let Ok(mut url) = Url::parse(base) else { return base.to_owned() };
    if let Ok(mut parts) = url.path_segments_mut() {
        parts.pop_if_empty().extend(names);
    }
    url.into()
}

/// What a caller may write where a folder is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directory {
    /// A URI or an absolute path.
    Absolute(FileUri),
    /// A path below one of the folders that may be read.
    Relative(Vec<String>),
}

impl Directory {
    /// Reads a `file:` URI, an absolute path, or a path below a readable folder.
    ///
    /// # Errors
    /// [`UriError`].
    pub fn parse(text: &str) -> Result<Self, UriError> {
        if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("file:")) {
            return FileUri::parse(text).map(Self::Absolute);
        }
        if text.is_empty() || text.len() > MAX_BYTES {
            return Err(UriError::Length(text.len()));
        }
        if text.contains("://") {
            return Err(UriError::Scheme);
        }
        let is_drive =
            text.chars().nth(1) == Some(':') && text.starts_with(|letter: char| letter.is_ascii_alphabetic());
        let separated = if cfg!(windows) { text.replace('\\', "/") } else { text.to_owned() };
        if separated.starts_with("//") || text.starts_with("\\\\") {
            return Err(UriError::Host);
        }
        if is_drive && !cfg!(windows) {
            return Err(UriError::Windows);
        }
        let names: Vec<String> =
            separated.split('/').filter(|name| !matches!(*name, "" | ".")).map(str::to_owned).collect();
        let below = names.iter().skip(usize::from(is_drive));
        below.clone().try_for_each(|name| check_name(name))?;
        if is_drive || separated.starts_with('/') {
            return Ok(Self::Absolute(FileUri { names, only_folder: true }));
        }
        Ok(Self::Relative(names))
    }
}

/// A name that means the same to everybody.
pub fn check_name(name: &str) -> Result<(), UriError> {
    if name == ".." {
        return Err(UriError::Upwards);
    }
    // On Windows `file.txt:stream` names a stream of a file.
    let is_stream = cfg!(windows) && name.len() > 2 && name.contains(':');
    if is_stream || name.chars().any(|letter| letter.is_control() || matches!(letter, '/' | '\\')) {
        return Err(UriError::Character);
    }
    Ok(())
}

/// `C:` or `C|` as the first name.
fn check_drive(names: &[String]) -> Result<(), UriError> {
    let mut letters = names.first().map_or("", String::as_str).chars();
    let is_drive = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && matches!(letters.next(), Some(':' | '|'))
        && letters.next().is_none();
    match (is_drive, cfg!(windows)) {
        (true, false) => Err(UriError::Windows),
        (false, true) => Err(UriError::Relative),
        _ => Ok(()),
    }
}

/// Percent-decoded, once.
fn decode(part: &str) -> Result<String, UriError> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16)).ok_or(UriError::Percent);
        let value = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(value).map_err(|_| UriError::Percent)?);
    }
    String::from_utf8(bytes).map_err(|_| UriError::NotText)
}

#[cfg(test)]
#[path = "uri_tests.rs"]
mod tests;
