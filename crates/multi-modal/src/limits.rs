//! What this server accepts, in one place. Every limit is checked before the work that it bounds, and again while
//! decoding, because a file may say one thing in its header and hold another.

use std::time::Duration;

/// Largest image, in encoded bytes.
pub const IMAGE_BYTES: usize = 10 * 1024 * 1024;
/// Largest sound, in encoded bytes.
pub const AUDIO_BYTES: usize = 20 * 1024 * 1024;
/// Largest video or animation, in encoded bytes.
pub const VIDEO_BYTES: usize = 20 * 1024 * 1024;
/// Largest decoded image, in pixels (width times height).
pub const IMAGE_PIXELS: u64 = 40_000_000;
/// Longest side of a decoded image, in pixels.
pub const IMAGE_SIDE: u32 = 20_000;
/// Longest sound, decoded.
pub const AUDIO_LENGTH: Duration = Duration::from_secs(600);
/// Most frames that are decoded from one video.
pub const VIDEO_FRAMES: usize = 600;
/// Most pixels of all frames of one video together.
pub const VIDEO_PIXELS: u64 = 400_000_000;
/// Longest text to analyse, in characters.
pub const TEXT_CHARS: usize = 100_000;
/// Longest prompt, title or caption, in characters.
pub const PROMPT_CHARS: usize = 2_000;
/// A result above this many bytes is stored and linked instead of inlined.
pub const INLINE_BYTES: usize = 256 * 1024;
