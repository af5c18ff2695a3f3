//! Tests of [`super`]: every way in which a file can disappoint.

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{Frame, ImageEncoder, Rgba};

use super::*;

/// Left half red, right half blue, so that a turn shows.
fn two_halves() -> RgbaImage {
    RgbaImage::from_fn(40, 20, |x, _| if x < 20 { Rgba([255, 0, 0, 255]) } else { Rgba([0, 0, 255, 255]) })
}

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let image = DynamicImage::ImageRgba8(two_halves());
    let image = match format {
        ImageFormat::Jpeg | ImageFormat::Bmp => DynamicImage::ImageRgb8(image.into_rgb8()),
        _ => image,
    };
    image.write_to(&mut file, format).expect("an encoder for each format");
    file.into_inner()
}

const FORMATS: [(ImageFormat, &str, &str); 5] = [
    (ImageFormat::Png, "image/png", "8-bit RGBA"),
    (ImageFormat::Jpeg, "image/jpeg", "8-bit RGB"),
    (ImageFormat::Gif, "image/gif", "8-bit palette"),
    (ImageFormat::WebP, "image/webp", "8-bit RGBA"),
    (ImageFormat::Bmp, "image/bmp", "8-bit RGB"),
];

#[test]
fn each_format_is_read_and_described() {
    for (format, mime, color) in FORMATS {
        let image = decode(&encoded(format), Some(mime)).expect(mime);
        assert_eq!((image.format, image.mime, image.color.as_str()), (format, mime, color));
        assert_eq!(image.rgba.dimensions(), (40, 20));
        assert!(image.rgba.get_pixel(5, 5)[0] > 200 && image.rgba.get_pixel(35, 5)[2] > 200, "{mime}");
        assert!(!image.animated);
    }
}

#[test]
fn a_file_cut_anywhere_is_an_error_and_no_panic() {
    for (format, mime, _) in FORMATS {
        let file = encoded(format);
        // The last bytes of a file may be padding or a trailer that the picture does not need.
        let needed = file.len() * 9 / 10;
        for end in 0..file.len() {
            let result = decode(&file[..end], None);
            assert!(end > needed || result.is_err(), "{mime} cut at {end} of {}", file.len());
        }
    }
}

#[test]
fn a_damaged_byte_never_panics() {
    for (format, ..) in FORMATS {
        let file = encoded(format);
        for at in 0..file.len().min(400) {
            let mut damaged = file.clone();
            damaged[at] ^= 0x55;
            let _ = decode(&damaged, None);
        }
    }
}

#[test]
fn refusals_name_what_was_found() {
    let wrong = decode(&encoded(ImageFormat::Png), Some("image/jpeg"));
    assert!(matches!(wrong, Err(MediaError::WrongType { .. })));
    let heic = decode(b"\0\0\0\x18ftypheic\0\0\0\0", Some("image/heic"));
    assert!(matches!(heic, Err(MediaError::Unsupported { found, .. }) if found == "image/heic"));
    assert!(matches!(decode(b"hello world", None), Err(MediaError::Unsupported { .. })));
    assert!(matches!(decode(b"", None), Err(MediaError::Malformed { .. })));
    let large = decode(&vec![0; IMAGE_BYTES + 1], None);
    assert!(matches!(large, Err(MediaError::TooLarge { what: "image", .. })));
}

#[test]
fn a_header_that_promises_too_much_is_refused_before_decoding() {
    let mut bomb = encoded(ImageFormat::Bmp);
    bomb[18..22].copy_from_slice(&15_000u32.to_le_bytes());
    bomb[22..26].copy_from_slice(&15_000u32.to_le_bytes());
    assert!(matches!(decode(&bomb, None), Err(MediaError::TooLarge { .. })));
    bomb[18..22].copy_from_slice(&30_000u32.to_le_bytes());
    assert!(matches!(decode(&bomb, None), Err(MediaError::TooLarge { .. })));
    bomb[18..22].copy_from_slice(&0u32.to_le_bytes());
    assert!(decode(&bomb, None).is_err());
    let mut gif = encoded(ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    assert!(matches!(decode(&gif, None), Err(MediaError::TooLarge { .. })));
}

#[test]
fn the_orientation_in_exif_turns_the_pixels() {
    // A TIFF block with one entry: tag 0x0112 (orientation), type SHORT, one value.
    for (value, size, red) in
        [(1u8, (40, 20), (5, 5)), (3, (40, 20), (35, 5)), (6, (20, 40), (5, 5)), (8, (20, 40), (5, 35))]
    {
        let mut tiff = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        tiff.extend([value, 0, 0, 0, 0, 0, 0, 0]);
        let mut jpeg = encoded(ImageFormat::Jpeg);
        let length = u16::try_from(tiff.len() + 2).expect("a small block");
        let segment = [vec![0xff, 0xe1], length.to_be_bytes().to_vec(), tiff].concat();
        jpeg.splice(2..2, segment);
        let image = decode(&jpeg, None).expect("a photograph with EXIF");
        assert_eq!(image.rgba.dimensions(), size, "orientation {value}");
        assert!(image.rgba.get_pixel(red.0, red.1)[0] > 200, "orientation {value}");
        assert_eq!(image.orientation.to_exif(), value);
    }
}

#[test]
fn sixteen_bits_one_pixel_and_gray_work() {
    let deep = image::ImageBuffer::from_pixel(3, 2, Rgba([65_535u16, 0, 0, 65_535]));
    let mut file = Cursor::new(Vec::new());
    DynamicImage::ImageRgba16(deep).write_to(&mut file, ImageFormat::Png).expect("a 16-bit PNG");
    let image = decode(&file.into_inner(), None).expect("a 16-bit PNG");
    assert_eq!(image.color, "16-bit RGBA");
    assert_eq!(image.rgba.get_pixel(0, 0).0, [255, 0, 0, 255]);

    let mut jpeg = Vec::new();
    JpegEncoder::new(&mut jpeg).write_image(&[128], 1, 1, image::ExtendedColorType::L8).expect("a JPEG of one pixel");
    let image = decode(&jpeg, Some("image/jpg")).expect("a JPEG of one pixel");
    assert_eq!((image.color.as_str(), image.rgba.dimensions()), ("8-bit grayscale", (1, 1)));
}

#[test]
fn an_animation_is_noticed() {
    let mut gif = Vec::new();
    let mut encoder = GifEncoder::new(&mut gif);
    encoder.encode_frames([Frame::new(two_halves()), Frame::new(two_halves())]).expect("two frames");
    drop(encoder);
    assert!(decode(&gif, None).expect("a GIF").animated);
}

#[test]
fn a_png_survives_the_way_there_and_back() {
    let png = encode_png(&two_halves()).expect("a PNG");
    assert_eq!(decode(&png, None).expect("our own PNG").rgba, two_halves());
}
