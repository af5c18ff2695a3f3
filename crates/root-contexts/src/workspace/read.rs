//! A part of one text file.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use cap_std::fs::File;
use schemars::JsonSchema;
use serde::Serialize;

/// Most text in one answer, in bytes.
pub const MAX_TEXT: usize = 64 * 1024;
/// How far into a file lines are counted, in bytes.
const MAX_SCAN: u64 = 64 * 1024 * 1024;

/// Which part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Lines from 1, both included.
    Lines(u64, u64),
    /// Bytes: from where, and how many.
    Bytes(u64, u64),
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Something else than text.
    #[error("not UTF-8 text: byte {0} of the file begins no character")]
    NotText(u64),
    /// Behind the end.
    #[error("the file ends before that: it has {0}")]
    Behind(String),
    /// Lines so far into a file that they are not counted.
    #[error("lines are counted in the first {MAX_SCAN} bytes of a file")]
    TooFar,
    /// The system cannot read it.
    #[error("the file cannot be read")]
    Io(#[from] std::io::Error),
}

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Text {
    /// The file.
    pub uri: String,
    /// The text.
    pub text: String,
    /// Where it begins in the file, in bytes.
    pub offset: u64,
    /// How many bytes it has.
    pub length: u64,
    /// Size of the file in bytes.
    pub file_bytes: u64,
    /// The first of its lines, where lines were asked for.
    pub start_line: Option<u64>,
    /// The last of its lines, where lines were asked for.
    pub end_line: Option<u64>,
    /// Where to go on in bytes, if the file has more.
    pub next_offset: Option<u64>,
}

/// Reads a part of a file, at most [`MAX_TEXT`] bytes of it. Blocks.
///
/// # Errors
/// [`ReadError`].
pub fn read(file: File, uri: String, part: Part) -> Result<Text, ReadError> {
    let file_bytes = file.metadata()?.len();
    let (bytes, offset, lines) = match part {
        Part::Bytes(offset, length) => (bytes(file, offset, length, file_bytes)?, offset, None),
        Part::Lines(first, last) => {
            let (bytes, offset, last) = lines(file, first, last)?;
            (bytes, offset, Some((first, last)))
        }
    };
    let (text, skipped) = whole_characters(bytes, offset, file_bytes)?;
    let (offset, length) = (offset + skipped, text.len() as u64);
    let end = offset + length;
    Ok(Text {
        uri,
        text,
        offset,
        length,
        file_bytes,
        start_line: lines.map(|(first, _)| first),
        end_line: lines.map(|(_, last)| last),
        next_offset: (end < file_bytes).then_some(end),
    })
}

fn bytes(mut file: File, offset: u64, length: u64, size: u64) -> Result<Vec<u8>, ReadError> {
    if offset > size {
        return Err(ReadError::Behind(format!("{size} bytes")));
    }
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(length.min(MAX_TEXT as u64)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The bytes of some lines, where they begin, and which line is the last of them that is whole or cut.
fn lines(file: File, first: u64, last: u64) -> Result<(Vec<u8>, u64, u64), ReadError> {
    let mut reader = BufReader::new(file.take(MAX_SCAN));
    let (mut line, mut offset) = (1, 0);
    while line < first {
        let skipped = reader.skip_until(b'\n')? as u64;
        offset += skipped;
        if offset >= MAX_SCAN {
            return Err(ReadError::TooFar);
        }
        if skipped == 0 {
            return Err(ReadError::Behind(format!("{} lines", line - 1)));
        }
        line += 1;
    }
    let mut bytes = Vec::new();
    let mut reached = first;
    for line in first..=last {
        let room = (MAX_TEXT - bytes.len()) as u64;
        let read = (&mut reader).take(room).read_until(b'\n', &mut bytes)?;
        if read > 0 {
            reached = line;
        } else if line == first && first > 1 {
            return Err(ReadError::Behind(format!("{} lines", first - 1)));
        }
        if read == 0 || bytes.len() >= MAX_TEXT {
            break;
        }
    }
    Ok((bytes, offset, reached))
}

/// Text without the halves of characters at its ends, and how many bytes were left off at the beginning.
fn whole_characters(mut bytes: Vec<u8>, offset: u64, file_bytes: u64) -> Result<(String, u64), ReadError> {
    // Bytes 10xxxxxx go on with a character that begins before; there are at most three.
    let is_middle = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
    let skipped = if offset == 0 { 0 } else { bytes.iter().take(3).take_while(is_middle).count() };
    bytes.drain(..skipped);
    if let Err(error) = std::str::from_utf8(&bytes) {
        // No length means that the end comes too early: our own cut, if the file goes on.
        let is_end = offset + (skipped + bytes.len()) as u64 >= file_bytes;
        if error.error_len().is_some() || is_end {
            return Err(ReadError::NotText(offset + (skipped + error.valid_up_to()) as u64));
        }
        bytes.truncate(error.valid_up_to());
    }
    let at = |error: std::string::FromUtf8Error| ReadError::NotText(offset + error.utf8_error().valid_up_to() as u64);
    let text = String::from_utf8(bytes).map_err(at)?;
    if let Some(nul) = text.find('\0') {
        return Err(ReadError::NotText(offset + (skipped + nul) as u64));
    }
    Ok((text, skipped as u64))
}
