//! From bytes to upright pixels, with every limit checked before the memory is taken.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{
    AnimationDecoder, ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbaImage,
};

use crate::error::MediaError;
use crate::limits::{IMAGE_BYTES, IMAGE_PIXELS, IMAGE_SIDE};
pub use crate::vision::scale::thumbnail;
pub use crate::vision::sniff::{check_claim, sniff};

/// What [`decode`] reads, for messages.
pub const ACCEPTED: &str = "image/png, image/jpeg, image/gif, image/webp, image/bmp";

/// A picture, decoded and upright.
#[derive(Debug, Clone)]
pub struct DecodedImage {
    /// The pixels, 8 bits a channel, with the EXIF orientation applied. Of an animation: the first frame.
    pub rgba: RgbaImage,
    /// The container.
    pub format: ImageFormat,
    /// The container's MIME type, by magic bytes.
    pub mime: &'static str,
    /// What the file stores, such as `16-bit RGBA`, `8-bit palette` or `8-bit CMYK`.
    pub color: String,
    /// The orientation that the file asked for, and that was applied.
    pub orientation: Orientation,
    /// Whether the file holds more than one frame.
    pub animated: bool,
}

/// Decodes a PNG, JPEG, GIF, WebP or BMP. `claimed_mime` is what the sender said; see [`check_claim`].
///
/// # Errors
/// `TooLarge` over [`IMAGE_BYTES`], [`IMAGE_PIXELS`] or [`IMAGE_SIDE`] (by the header, before any pixel is decoded),
/// `Unsupported` for another type, `WrongType` for a claim that is not true, `Malformed` for the rest.
pub fn decode(bytes: &[u8], claimed_mime: Option<&str>) -> Result<DecodedImage, MediaError> {
    let (format, mime) = identify(bytes, claimed_mime)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(decoder_limits());
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    check_dimensions(width, height)?;
    if format == ImageFormat::Jpeg && !jpeg_is_complete(bytes) {
        return Err(MediaError::malformed("image", "the file ends before the picture does"));
    }
    // Broken EXIF is no reason to refuse the pixels.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let color = color_description(format, bytes, decoder.color_type());
    let mut pixels = DynamicImage::from_decoder(decoder).map_err(refused)?;
    pixels.apply_orientation(orientation);
    let animated = is_animated(bytes, format);
    Ok(DecodedImage { rgba: pixels.into_rgba8(), format, mime, color, orientation, animated })
}

/// Encodes as PNG, 8-bit RGBA.
///
/// # Errors
/// `Malformed` for a picture without pixels.
pub fn encode_png(image: &RgbaImage) -> Result<Vec<u8>, MediaError> {
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png).map_err(|error| MediaError::malformed("image", error))?;
    Ok(png.into_inner())
}

/// The decoder limits for one picture: no more memory than the largest allowed picture needs at 16 bits a channel.
pub(crate) fn decoder_limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(IMAGE_SIDE);
    limits.max_image_height = Some(IMAGE_SIDE);
    limits.max_alloc = Some(IMAGE_PIXELS * 8 + 64 * 1024 * 1024);
    limits
}

/// Checks a header's size.
///
/// # Errors
/// `Malformed` for no pixels, `TooLarge` for too many.
pub(crate) fn check_dimensions(width: u32, height: u32) -> Result<(), MediaError> {
    if width == 0 || height == 0 {
        return Err(MediaError::malformed("image", format!("its size is {width}x{height}")));
    }
    if width > IMAGE_SIDE || height > IMAGE_SIDE {
        return Err(MediaError::TooLarge {
            what: "longest side",
            actual: format!("{} pixels", width.max(height)),
            limit: format!("{IMAGE_SIDE} pixels"),
        });
    }
    let pixels = u64::from(width) * u64::from(height);
    if pixels > IMAGE_PIXELS {
        return Err(MediaError::TooLarge {
            what: "decoded image",
            actual: format!("{width}x{height} = {pixels} pixels"),
            limit: format!("{IMAGE_PIXELS} pixels"),
        });
    }
    Ok(())
}

/// Our words for what a decoder of the `image` crate said.
pub(crate) fn refused(error: ImageError) -> MediaError {
    match error {
        ImageError::Limits(_) => MediaError::TooLarge {
            what: "decoded image",
            actual: "larger than the memory set aside for it".to_owned(),
            limit: format!("{IMAGE_PIXELS} pixels, {IMAGE_SIDE} on a side"),
        },
        ImageError::Unsupported(error) => {
            MediaError::Unsupported { found: error.to_string(), allowed: ACCEPTED.to_owned() }
        }
        other => MediaError::malformed("image", other),
    }
}

fn identify(bytes: &[u8], claimed: Option<&str>) -> Result<(ImageFormat, &'static str), MediaError> {
    if bytes.is_empty() {
        return Err(MediaError::malformed("image", "it is empty"));
    }
    if bytes.len() > IMAGE_BYTES {
        return Err(MediaError::TooLarge {
            what: "image",
            actual: format!("{} bytes", bytes.len()),
            limit: format!("{IMAGE_BYTES} bytes"),
        });
    }
    let unsupported = |found: &str| MediaError::Unsupported { found: found.to_owned(), allowed: ACCEPTED.to_owned() };
    let mime = sniff(bytes).ok_or_else(|| unsupported("data without the magic bytes of a known type"))?;
    let format = match mime {
        "image/png" => ImageFormat::Png,
        "image/jpeg" => ImageFormat::Jpeg,
        "image/gif" => ImageFormat::Gif,
        "image/webp" => ImageFormat::WebP,
        "image/bmp" => ImageFormat::Bmp,
        other => return Err(unsupported(other)),
    };
    check_claim(mime, claimed)?;
    Ok((format, mime))
}

/// Whether there is more than one frame. Whatever cannot be read further counts as a single picture.
fn is_animated(bytes: &[u8], format: ImageFormat) -> bool {
    let source = Cursor::new(bytes);
    match format {
        ImageFormat::Png => {
            PngDecoder::with_limits(source, decoder_limits()).and_then(|decoder| decoder.is_apng()).unwrap_or(false)
        }
        ImageFormat::WebP => WebPDecoder::new(source).is_ok_and(|decoder| decoder.has_animation()),
        ImageFormat::Gif => GifDecoder::new(source).is_ok_and(|mut decoder| {
            decoder.set_limits(decoder_limits()).is_ok()
                && decoder.into_frames().nth(1).is_some_and(|frame| frame.is_ok())
        }),
        _ => false,
    }
}

/// The JPEG decoder fills what is missing with grey, so the end of the picture has to be looked for here. After the
/// start of scan, `FF D9` cannot be anything else: ITU-T T.81 B.1.1.5 stuffs a zero after every `FF` of the data.
fn jpeg_is_complete(bytes: &[u8]) -> bool {
    jpeg_segments(bytes)
        .find(|(marker, _)| *marker == 0xda)
        .is_some_and(|(_, scan)| scan.windows(2).any(|pair| pair == [0xff, 0xd9]))
}

/// The segments up to and with the first start of scan: each marker, and all bytes from its length field on.
fn jpeg_segments(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    let mut last = false;
    std::iter::from_fn(move || {
        if last {
            return None;
        }
        let skip = rest.iter().position(|byte| *byte == 0xff)?;
        let fill = rest.get(skip..)?.iter().position(|byte| *byte != 0xff)?;
        let marker = *rest.get(skip + fill)?;
        let body = rest.get(skip + fill + 1..)?;
        last = marker == 0xda;
        let length = match body {
            [high, low, ..] if !matches!(marker, 0x01 | 0xd0..=0xd8) => usize::from(u16::from_be_bytes([*high, *low])),
            _ => 0,
        };
        rest = body.get(length..).unwrap_or_default();
        Some((marker, body))
    })
}

/// What the file stores, by its own header: the decoders only say what they turn it into.
fn color_description(format: ImageFormat, bytes: &[u8], decoded: ColorType) -> String {
    let stored = match format {
        ImageFormat::Png => bytes.get(24).zip(bytes.get(25)).map(|(bits, kind)| {
            let kind = match kind {
                0 => "grayscale",
                2 => "RGB",
                3 => "palette",
                4 => "grayscale with alpha",
                _ => "RGBA",
            };
            format!("{bits}-bit {kind}")
        }),
        ImageFormat::Jpeg => jpeg_segments(bytes)
            .find(|(marker, _)| matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc))
            .and_then(|(_, frame)| frame.get(2).zip(frame.get(7)))
            .map(|(bits, components)| {
                let kind = match components {
                    1 => "grayscale",
                    4 => "CMYK",
                    _ => "RGB",
                };
                format!("{bits}-bit {kind}")
            }),
        ImageFormat::Gif => Some("8-bit palette".to_owned()),
        ImageFormat::Bmp => bytes.get(28).filter(|bits| **bits <= 8).map(|bits| format!("{bits}-bit palette")),
        _ => None,
    };
    stored.unwrap_or_else(|| {
        let bits = u16::from(decoded.bytes_per_pixel()) * 8 / u16::from(decoded.channel_count().max(1));
        let kind = match (decoded.has_color(), decoded.has_alpha()) {
            (true, true) => "RGBA",
            (true, false) => "RGB",
            (false, true) => "grayscale with alpha",
            (false, false) => "grayscale",
        };
        format!("{bits}-bit {kind}")
    })
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
