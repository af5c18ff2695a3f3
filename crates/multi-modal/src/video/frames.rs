//! One stream of frames for every container that is read, with the limits counted while decoding.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder, Frame, ImageDecoder, RgbaImage};

use crate::error::MediaError;
use crate::limits::{VIDEO_BYTES, VIDEO_FRAMES, VIDEO_PIXELS};
use crate::video::y4m::{self, Y4m};
use crate::vision::decode::{check_claim, check_dimensions, decode, decoder_limits, refused, sniff};
use crate::watch::Watch;

/// What [`Clip::open`] reads, for messages.
pub const ACCEPTED: &str = "image/gif, image/png (APNG), image/webp, video/x-yuv4mpeg (Y4M); convert others with \
    `ffmpeg -i input.mp4 -vf fps=5,scale=320:-2 output.gif` or `ffmpeg -i input.mp4 -pix_fmt yuv420p output.y4m`";

/// A frame as shown: earlier frames are composed under it.
#[derive(Debug, Clone)]
pub struct TimedFrame {
    /// The whole picture.
    pub rgba: RgbaImage,
    /// How long it is shown, in milliseconds.
    pub duration_ms: f64,
}

/// What a clip is stored in.
#[derive(Debug, Clone)]
pub enum Container {
    /// GIF, animated or with one frame.
    Gif,
    /// PNG with an animation chunk.
    Apng,
    /// WebP with an animation chunk.
    WebP,
    /// YUV4MPEG2.
    Y4m(Y4m),
    /// A picture without animation: its MIME type and its pixels.
    Still(&'static str, Box<RgbaImage>),
}

impl Container {
    /// Name for people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Gif => "GIF",
            Self::Apng => "APNG",
            Self::WebP => "animated WebP",
            Self::Y4m(_) => "Y4M",
            Self::Still(..) => "still image",
        }
    }

    /// MIME type.
    pub fn mime(&self) -> &'static str {
        match self {
            Self::Gif => "image/gif",
            Self::Apng => "image/png",
            Self::WebP => "image/webp",
            Self::Y4m(_) => "video/x-yuv4mpeg",
            Self::Still(mime, _) => mime,
        }
    }
}

/// A file whose frames can be read more than once.
#[derive(Debug)]
pub struct Clip<'a> {
    bytes: &'a [u8],
    container: Container,
    size: (u32, u32),
}

/// Frames in order; the iterator ends after an error.
pub type Frames<'a> = Box<dyn Iterator<Item = Result<TimedFrame, MediaError>> + 'a>;

impl<'a> Clip<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// See [`crate::video::extract`].
    pub fn open(bytes: &'a [u8], claimed_mime: Option<&str>) -> Result<Self, MediaError> {
        if bytes.is_empty() {
            return Err(MediaError::malformed("video", "it is empty"));
        }
        if bytes.len() > VIDEO_BYTES {
            return Err(MediaError::TooLarge {
                what: "video",
                actual: format!("{} bytes", bytes.len()),
                limit: format!("{VIDEO_BYTES} bytes"),
            });
        }
        let unsupported =
            |found: &str| MediaError::Unsupported { found: found.to_owned(), allowed: ACCEPTED.to_owned() };
        let mime = sniff(bytes).ok_or_else(|| unsupported("data without the magic bytes of a known type"))?;
        let source = Cursor::new(bytes);
        let (container, size) = match mime {
            "image/gif" => (Container::Gif, GifDecoder::new(source).map_err(refused)?.dimensions()),
            "image/png" => {
                let png = PngDecoder::with_limits(source, decoder_limits()).map_err(refused)?;
                let size = png.dimensions();
                if png.is_apng().map_err(refused)? { (Container::Apng, size) } else { still(bytes)? }
            }
            "image/webp" => {
                let webp = WebPDecoder::new(source).map_err(refused)?;
                let size = webp.dimensions();
                if webp.has_animation() { (Container::WebP, size) } else { still(bytes)? }
            }
            "video/x-yuv4mpeg" => {
                let header = y4m::header(bytes)?;
                let size = (header.width, header.height);
                (Container::Y4m(header), size)
            }
            "image/jpeg" | "image/bmp" => still(bytes)?,
            other => return Err(unsupported(other)),
        };
        check_claim(mime, claimed_mime)?;
        check_dimensions(size.0, size.1)?;
        Ok(Self { bytes, container, size })
    }

    /// What the clip is stored in.
    pub fn container(&self) -> &Container {
        &self.container
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.size.0
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.size.1
    }

    /// Starts again at the first frame. [`VIDEO_FRAMES`] and [`VIDEO_PIXELS`] are counted as frames are taken.
    ///
    /// # Errors
    /// Those of the decoder. A frame that cannot be decoded is an `Err` item.
    pub fn frames(&self) -> Result<Frames<'_>, MediaError> {
        let source = Cursor::new(self.bytes);
        let animation = |frames: image::Frames<'a>| -> Frames<'a> {
            Box::new(frames.map(|frame| frame.map(timed).map_err(refused)))
        };
        let frames: Frames<'_> = match &self.container {
            Container::Gif => {
                let mut decoder = GifDecoder::new(source).map_err(refused)?;
                decoder.set_limits(decoder_limits()).map_err(refused)?;
                animation(decoder.into_frames())
            }
            Container::Apng => {
                let decoder = PngDecoder::with_limits(source, decoder_limits()).map_err(refused)?;
                animation(decoder.apng().map_err(refused)?.into_frames())
            }
            Container::WebP => animation(WebPDecoder::new(source).map_err(refused)?.into_frames()),
            Container::Y4m(header) => Box::new(header.frames(self.bytes)),
            Container::Still(_, rgba) => {
                let rgba = rgba.as_ref().clone();
                Box::new(std::iter::once(Ok(TimedFrame { rgba, duration_ms: 0.0 })))
            }
        };
        Ok(Box::new(limited(frames, u64::from(self.size.0) * u64::from(self.size.1))))
    }

    /// Decodes once just to count.
    ///
    /// # Errors
    /// The first frame that cannot be decoded, a limit, or `Cancelled`.
    pub fn count_frames(&self, watch: &dyn Watch) -> Result<u32, MediaError> {
        let mut count = 0;
        for frame in self.frames()? {
            frame?;
            watch.step(0, VIDEO_FRAMES as u64)?;
            count += 1;
        }
        Ok(count)
    }
}

fn still(bytes: &[u8]) -> Result<(Container, (u32, u32)), MediaError> {
    let image = decode(bytes, None)?;
    let size = image.rgba.dimensions();
    Ok((Container::Still(image.mime, Box::new(image.rgba)), size))
}

fn timed(frame: Frame) -> TimedFrame {
    let (numerator, denominator) = frame.delay().numer_denom_ms();
    let delay = f64::from(numerator) / f64::from(denominator.max(1));
    // A delay of 0 or 10 ms means "as fast as possible" from a time when that was slow; browsers show 100 ms.
    let duration_ms = if delay <= 10.0 { 100.0 } else { delay };
    TimedFrame { rgba: frame.into_buffer(), duration_ms }
}

fn limited(frames: Frames<'_>, frame_pixels: u64) -> impl Iterator<Item = Result<TimedFrame, MediaError>> {
    let mut failed = false;
    (1u64..).zip(frames).map_while(move |(count, frame)| {
        if failed {
            return None;
        }
        let too_large = |what, actual: String, limit| Err(MediaError::TooLarge { what, actual, limit });
        let frame = if count > VIDEO_FRAMES as u64 {
            too_large("video", format!("more than {VIDEO_FRAMES} frames long"), format!("{VIDEO_FRAMES} frames"))
        } else if count * frame_pixels > VIDEO_PIXELS {
            too_large("sum of all frames", format!("more than {VIDEO_PIXELS} pixels"), format!("{VIDEO_PIXELS} pixels"))
        } else {
            frame
        };
        failed = frame.is_err();
        Some(frame)
    })
}
