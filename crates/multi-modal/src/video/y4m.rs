//! YUV4MPEG2 (Y4M): raw video with a one-line header, which `ffmpeg`, `mpv` and `mjpegtools` write.
//!
//! Source: the format description in the manual page `yuv4mpeg(5)` of mjpegtools.

use image::{Rgba, RgbaImage};

use crate::error::MediaError;
use crate::video::frames::TimedFrame;
use crate::vision::decode::check_dimensions;

/// How much chroma is stored for the luma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chroma {
    /// Half the columns, half the rows.
    C420,
    /// Half the columns.
    C422,
    /// As much as luma.
    C444,
    /// None.
    Mono,
}

/// The stream header.
#[derive(Debug, Clone, PartialEq)]
pub struct Y4m {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// How long each frame is shown, in milliseconds.
    pub frame_ms: f64,
    chroma: Chroma,
    full_range: bool,
    length: usize,
}

/// Reads the stream header. Without a frame rate, 25 frames a second are assumed; without a chroma tag, 4:2:0.
///
/// # Errors
/// `Malformed` for a broken header, `TooLarge` for a frame over the limits of an image, `Unsupported` for chroma formats other than 8-bit 4:2:0, 4:2:2, 4:4:4 and mono.
pub fn header(bytes: &[u8]) -> Result<Y4m, MediaError> {
    let line = line_at(bytes, 0).ok_or_else(|| broken("its header line has no end"))?;
    let length = line.len() + 1;
    let line = std::str::from_utf8(line).map_err(|_| broken("its header is not text"))?;
    let mut words = line.split_ascii_whitespace();
    if words.next() != Some("YUV4MPEG2") {
        return Err(broken("it does not start with YUV4MPEG2"));
    }
    let mut header = Y4m { width: 0, height: 0, frame_ms: 40.0, chroma: Chroma::C420, full_range: false, length };
    for word in words {
        let (tag, value) = word.split_at_checked(1).unwrap_or(("", ""));
        match tag {
            "W" => header.width = value.parse().map_err(|_| broken("its width is not a number"))?,
            "H" => header.height = value.parse().map_err(|_| broken("its height is not a number"))?,
            "F" => header.frame_ms = frame_ms(value).ok_or_else(|| broken("its frame rate is not a ratio"))?,
            "C" => header.chroma = chroma(value)?,
            "X" => header.full_range |= value == "COLORRANGE=FULL",
            _ => {}
        }
    }
    if header.width == 0 || header.height == 0 {
        return Err(broken("its header gives no size"));
    }
    check_dimensions(header.width, header.height)?;
    Ok(header)
}

impl Y4m {
    /// The frames of the stream that this header came from, converted from Y'CbCr (BT.601) to RGB.
    pub fn frames<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = Result<TimedFrame, MediaError>> + use<'a> {
        let header = self.clone();
        let mut position = header.length;
        let mut ended = false;
        std::iter::from_fn(move || {
            if ended || position >= bytes.len() {
                return None;
            }
            let frame = header.frame(bytes, &mut position);
            ended = frame.is_err();
            Some(frame)
        })
    }

    fn frame(&self, bytes: &[u8], position: &mut usize) -> Result<TimedFrame, MediaError> {
        let line = line_at(bytes, *position)
            .filter(|line| line.starts_with(b"FRAME"))
            .ok_or_else(|| broken("a frame does not start with FRAME"))?;
        let start = *position + line.len() + 1;
        let (luma, chroma) = (self.plane(1, 1), self.chroma_plane());
        let stored = luma + 2 * chroma;
        let planes = usize::try_from(stored)
            .ok()
            .and_then(|stored| bytes.get(start..start.checked_add(stored)?))
            .ok_or_else(|| broken("it ends inside a frame"))?;
        *position = start + planes.len();
        // Both fit: they are parts of a slice's length.
        let (y, rest) = planes.split_at(luma as usize);
        let (cb, cr) = rest.split_at(chroma as usize);
        Ok(TimedFrame { rgba: self.rgb(y, cb, cr), duration_ms: self.frame_ms })
    }

    fn rgb(&self, y: &[u8], cb: &[u8], cr: &[u8]) -> RgbaImage {
        let (across, down) = self.subsampling();
        let width = self.width as usize;
        let chroma_width = width.div_ceil(across as usize);
        let mut image = RgbaImage::new(self.width, self.height);
        for ((row, pixels), luma) in image.rows_mut().enumerate().zip(y.chunks_exact(width)) {
            let chroma_row = row / down as usize * chroma_width;
            for ((column, pixel), luma) in pixels.enumerate().zip(luma) {
                let at = chroma_row + column / across as usize;
                let neutral = 128;
                let cb = cb.get(at).copied().unwrap_or(neutral);
                let cr = cr.get(at).copied().unwrap_or(neutral);
                *pixel = self.to_rgb(*luma, cb, cr);
            }
        }
        image
    }

    /// ITU-R BT.601 in 16-bit fixed point; limited range (luma 16..235) unless the header says full range.
    fn to_rgb(&self, y: u8, cb: u8, cr: u8) -> Rgba<u8> {
        let (cb, cr) = (i32::from(cb) - 128, i32::from(cr) - 128);
        let (luma, red, green_b, green_r, blue) = if self.full_range {
            (i32::from(y) * 65_536, 91_881, 22_554, 46_802, 116_130)
        } else {
            ((i32::from(y) - 16) * 76_309, 104_597, 25_675, 53_279, 132_201)
        };
        let level = |value: i32| u8::try_from((value + 32_768).clamp(0, 255 << 16) >> 16).unwrap_or(u8::MAX);
        Rgba([level(luma + red * cr), level(luma - green_b * cb - green_r * cr), level(luma + blue * cb), 255])
    }

    fn subsampling(&self) -> (u32, u32) {
        match self.chroma {
            Chroma::C420 => (2, 2),
            Chroma::C422 => (2, 1),
            Chroma::C444 | Chroma::Mono => (1, 1),
        }
    }

    fn plane(&self, across: u32, down: u32) -> u64 {
        u64::from(self.width.div_ceil(across)) * u64::from(self.height.div_ceil(down))
    }

    fn chroma_plane(&self) -> u64 {
        let (across, down) = self.subsampling();
        if self.chroma == Chroma::Mono { 0 } else { self.plane(across, down) }
    }
}

fn broken(reason: &str) -> MediaError {
    MediaError::malformed("video", reason)
}

/// The line that starts at `position`, without its line feed. A header is short, so a long one is none.
fn line_at(bytes: &[u8], position: usize) -> Option<&[u8]> {
    let rest = bytes.get(position..)?;
    let window = rest.get(..rest.len().min(1024))?;
    let end = window.iter().position(|byte| *byte == b'\n')?;
    window.get(..end)
}

fn frame_ms(ratio: &str) -> Option<f64> {
    let (frames, seconds) = ratio.split_once(':')?;
    let (frames, seconds): (u32, u32) = (frames.parse().ok()?, seconds.parse().ok()?);
    (frames > 0 && seconds > 0).then(|| 1000.0 * f64::from(seconds) / f64::from(frames))
}

fn chroma(tag: &str) -> Result<Chroma, MediaError> {
    match tag {
        "420" | "420jpeg" | "420mpeg2" | "420paldv" => Ok(Chroma::C420),
        "422" => Ok(Chroma::C422),
        "444" => Ok(Chroma::C444),
        "mono" => Ok(Chroma::Mono),
        other => Err(MediaError::Unsupported {
            found: format!("Y4M with chroma C{}", other.chars().take(20).collect::<String>()),
            allowed: "Y4M with C420jpeg, C420mpeg2, C420paldv, C420, C422, C444 or Cmono \
                      (`ffmpeg -pix_fmt yuv420p`)"
                .to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(bytes: &[u8]) -> Result<Vec<TimedFrame>, MediaError> {
        header(bytes)?.frames(bytes).collect()
    }

    #[test]
    fn chroma_formats_and_odd_sizes() {
        for (tag, chroma) in [("C420jpeg", 2 * 4), ("C422", 2 * 6), ("C444", 2 * 9), ("Cmono", 0), ("", 2 * 4)] {
            let mut file = format!("YUV4MPEG2 W3 H3 F30:1 Ip A1:1 {tag}\n").into_bytes();
            for _ in 0..2 {
                file.extend(b"FRAME Ip\n");
                file.extend([235; 9]);
                file.extend(vec![128; chroma]);
            }
            let found = frames(&file).expect(tag);
            assert_eq!(found.len(), 2, "{tag}");
            assert!(found[1].rgba.pixels().all(|pixel| pixel.0 == [255; 4]), "{tag}");
            assert!((found[0].duration_ms - 33.333).abs() < 0.01);
        }
    }

    #[test]
    fn colours_are_those_of_bt_601() {
        for (range, ycc, rgb) in [
            ("", [81, 90, 240], [255, 0, 0]),
            ("", [145, 54, 34], [0, 255, 0]),
            ("", [41, 240, 110], [0, 0, 255]),
            (" XCOLORRANGE=FULL", [76, 85, 255], [254, 0, 0]),
            (" XCOLORRANGE=FULL", [0, 128, 128], [0, 0, 0]),
        ] {
            let file = [format!("YUV4MPEG2 W1 H1 C444{range}\nFRAME\n").as_bytes(), &ycc].concat();
            let pixel = frames(&file).expect("one frame")[0].rgba.get_pixel(0, 0).0;
            for (found, expected) in pixel.iter().zip(rgb) {
                assert!(found.abs_diff(expected) <= 2, "{ycc:?}: {pixel:?}");
            }
        }
    }

    #[test]
    fn broken_headers_and_frames_are_errors() {
        for file in [
            "YUV4MPEG2",
            "YUV4MPEG2\n",
            "YUV4MPEG2 W0 H4\n",
            "YUV4MPEG2 W-1 H4\n",
            "YUV4MPEG2 W4 H4 F0:0\n",
            "YUV4MPEG2 W4 H4 F25\n",
            "YUV4MPEG2 W4 H4\nFRAME\nshort",
            "YUV4MPEG2 W4 H4\nnothing of the kind\n",
        ] {
            assert!(matches!(frames(file.as_bytes()), Err(MediaError::Malformed { .. })), "{file:?}");
        }
        let vast = frames(b"YUV4MPEG2 W4294967295 H4294967295\nFRAME\n");
        assert!(matches!(vast, Err(MediaError::TooLarge { .. })));
        let deep = frames(b"YUV4MPEG2 W4 H4 C420p10\n");
        assert!(matches!(deep, Err(MediaError::Unsupported { .. })));
    }
}
