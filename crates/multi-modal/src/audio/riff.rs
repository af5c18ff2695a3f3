//! Repairs to WAV headers that are common, or that a decoder would stumble over.

use std::borrow::Cow;

use crate::error::MediaError;

use super::decode::check_format;

const EXTENSIBLE: u16 = 0xfffe;

/// A WAV whose header can be trusted this far: its channels and rate are within limits, its channel mask has one bit for
/// each channel, and its data has a length. Programs that write to a pipe (ffmpeg, sox) leave that at 0xFFFFFFFF: it is
/// the rest of the file, in whole frames.
///
/// # Errors
/// [`MediaError::Unsupported`] for a rate or a number of channels out of range.
pub(crate) fn repaired(bytes: &[u8]) -> Result<Cow<'_, [u8]>, MediaError> {
    let mut wav = Cow::Borrowed(bytes);
    let mut block_align = 1;
    let mut at = 12;
    while let (Some(name), Some(length)) = (bytes.get(at..at + 4), word(bytes, at + 4)) {
        let start = at + 8;
        if name == b"fmt "
            && let (Some(tags), Some(rate), Some(align)) =
                (word(bytes, start), word(bytes, start + 4), word(bytes, start + 12))
        {
            let channels = tags >> 16;
            check_format(rate, channels as usize)?;
            block_align = (align & 0xffff).max(1);
            let mask = word(bytes, start + 20).filter(|_| tags & 0xffff == u32::from(EXTENSIBLE));
            // symphonia 0.6.1 overflows a shift where the mask has fewer bits than there are channels, and knows the 18
            // positions of the standard only.
            if mask.is_some_and(|mask| mask.count_ones() != channels || mask >> 18 != 0) {
                let mask = u32::MAX >> (32 - channels);
                wav.to_mut()[start + 20..start + 24].copy_from_slice(&mask.to_le_bytes());
            }
        }
        if name == b"data" {
            if length == u32::MAX {
                let rest = (bytes.len() - start) as u32;
                let whole = rest - rest % block_align;
                wav.to_mut()[at + 4..start].copy_from_slice(&whole.to_le_bytes());
            }
            break;
        }
        at = start + length as usize + length as usize % 2;
    }
    Ok(wav)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audio::{decode::decode, wav::encode_pcm16},
        watch::Unwatched,
    };

    #[test]
    fn a_length_left_open_is_the_rest() {
        let mut bytes = encode_pcm16(&[0.5; 100], 8_000).unwrap();
        bytes[40..44].fill(0xff);
        bytes.push(7);
        assert_eq!(decode(&bytes, None, &Unwatched).unwrap().frames(), 100);
    }

    /// 64-bit float, extensible, which hound leaves to symphonia.
    fn extensible(channels: u16, mask: u32) -> Vec<u8> {
        let align = channels * 8;
        let mut fmt = [EXTENSIBLE.to_le_bytes(), channels.to_le_bytes()].concat();
        fmt.extend(8_000_u32.to_le_bytes());
        fmt.extend((8_000 * u32::from(align)).to_le_bytes());
        fmt.extend([align, 64, 22, 64].map(u16::to_le_bytes).concat());
        fmt.extend(mask.to_le_bytes());
        // The GUID of KSDATAFORMAT_SUBTYPE_IEEE_FLOAT.
        fmt.extend(*b"\x03\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
        let data = 0.5_f64.to_le_bytes().repeat(usize::from(channels) * 4);
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt ".to_vec();
        bytes.extend((fmt.len() as u32).to_le_bytes());
        bytes.extend(fmt);
        bytes.extend(b"data");
        bytes.extend((data.len() as u32).to_le_bytes());
        bytes.extend(data);
        let size = bytes.len() as u32 - 8;
        bytes[4..8].copy_from_slice(&size.to_le_bytes());
        bytes
    }

    #[test]
    fn no_channel_mask_makes_the_decoder_stumble() {
        for channels in [1, 2, 8, 18] {
            for mask in [0, 1, 3, 0x8000_0000, 0xffff_fffe, u32::MAX] {
                let sound = decode(&extensible(channels, mask), None, &Unwatched).unwrap();
                assert_eq!((sound.channels.len(), sound.frames()), (usize::from(channels), 4));
                assert_eq!(sound.channels[usize::from(channels) - 1], [0.5; 4]);
            }
        }
        for channels in [32, 33, 64, 0] {
            for mask in [0, 0x8000_0000, u32::MAX] {
                // Refused or decoded, but answered.
                let _ = decode(&extensible(channels, mask), None, &Unwatched);
            }
        }
    }
}
