//! What the camera wrote. Where a picture was taken is nobody's business: GPS is reported as present, and never read.

use std::io::Cursor;

use exif::{Context, DateTime, Exif, Field, In, Reader, Tag, Value};

use crate::vision::rounded;

/// Camera settings from EXIF. A field that is missing or broken in the file is missing here.
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct ExifReport {
    /// Maker of the camera.
    pub camera_make: Option<String>,
    /// Model of the camera.
    pub camera_model: Option<String>,
    /// When the picture was taken, as `2024-05-01T12:30:00`, in the camera's local time.
    pub taken_at: Option<String>,
    /// Exposure time in seconds.
    pub exposure_s: Option<f64>,
    /// Aperture as f-number.
    pub f_number: Option<f64>,
    /// Sensitivity as ISO speed.
    pub iso: Option<u32>,
    /// Focal length of the lens in millimetres.
    pub focal_length_mm: Option<f64>,
    /// Orientation as EXIF writes it, 1 (upright) to 8.
    pub orientation: Option<u32>,
    /// Whether the file says where it was taken. The position itself is not read.
    pub gps_present: bool,
    /// Whether part of the EXIF block could not be read.
    pub damaged: bool,
}

/// Reads the EXIF block of a JPEG, PNG or WebP. `None` when there is none, or when nothing in it can be read.
pub fn read_exif(bytes: &[u8]) -> Option<ExifReport> {
    let mut damaged = false;
    let exif = Reader::new()
        .continue_on_error(true)
        .read_from_container(&mut Cursor::new(bytes))
        .or_else(|error| error.distill_partial_result(|_| damaged = true))
        .ok()?;
    if exif.fields().len() == 0 {
        return None;
    }
    Some(ExifReport {
        camera_make: text(&exif, Tag::Make),
        camera_model: text(&exif, Tag::Model),
        taken_at: taken_at(&exif),
        exposure_s: number(&exif, Tag::ExposureTime, 6),
        f_number: number(&exif, Tag::FNumber, 2),
        iso: unsigned(&exif, Tag::PhotographicSensitivity),
        focal_length_mm: number(&exif, Tag::FocalLength, 2),
        orientation: unsigned(&exif, Tag::Orientation).filter(|value| (1..=8).contains(value)),
        gps_present: exif.fields().any(|field| field.tag.context() == Context::Gps),
        damaged,
    })
}

fn field(exif: &Exif, tag: Tag) -> Option<&Field> {
    exif.get_field(tag, In::PRIMARY)
}

/// A short printable line: the text comes from a stranger and ends in a model's context.
fn text(exif: &Exif, tag: Tag) -> Option<String> {
    let Value::Ascii(lines) = &field(exif, tag)?.value else {
        return None;
    };
    let line = String::from_utf8_lossy(lines.first()?);
    let line: String = line.chars().filter(|c| !c.is_control()).take(64).collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

fn taken_at(exif: &Exif) -> Option<String> {
    let when =
        [Tag::DateTimeOriginal, Tag::DateTimeDigitized, Tag::DateTime].into_iter().find_map(|tag| field(exif, tag))?;
    let Value::Ascii(lines) = &when.value else {
        return None;
    };
    let when = DateTime::from_ascii(lines.first()?).ok()?;
    let DateTime { year, month, day, hour, minute, second, .. } = when;
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
}

fn unsigned(exif: &Exif, tag: Tag) -> Option<u32> {
    field(exif, tag)?.value.get_uint(0)
}

fn number(exif: &Exif, tag: Tag, digits: i32) -> Option<f64> {
    let Value::Rational(values) = &field(exif, tag)?.value else {
        return None;
    };
    let value = values.first().filter(|ratio| ratio.denom != 0)?.to_f64();
    Some(rounded(value, digits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use exif::Rational;
    use exif::experimental::Writer;

    fn jpeg_with(fields: &[Field]) -> Vec<u8> {
        let mut writer = Writer::new();
        fields.iter().for_each(|field| writer.push_field(field));
        let mut tiff = Cursor::new(Vec::new());
        writer.write(&mut tiff, false).expect("the fields are well formed");
        jpeg_around(&tiff.into_inner())
    }

    /// Start of image, one APP1 segment, end of image: enough for a reader of metadata.
    fn jpeg_around(tiff: &[u8]) -> Vec<u8> {
        let length = u16::try_from(tiff.len() + 8).expect("a small block");
        let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe1];
        jpeg.extend(length.to_be_bytes());
        jpeg.extend(b"Exif\0\0");
        jpeg.extend(tiff);
        jpeg.extend([0xff, 0xd9]);
        jpeg
    }

    fn entry(tag: Tag, value: Value) -> Field {
        Field { tag, ifd_num: In::PRIMARY, value }
    }

    #[test]
    fn settings_are_read_and_the_position_is_not() {
        let jpeg = jpeg_with(&[
            entry(Tag::Make, Value::Ascii(vec![b"Acme\x07 Optics ".to_vec()])),
            entry(Tag::Model, Value::Ascii(vec![b"One".to_vec()])),
            entry(Tag::Orientation, Value::Short(vec![6])),
            entry(Tag::DateTimeOriginal, Value::Ascii(vec![b"2024:05:01 12:30:07".to_vec()])),
            entry(Tag::ExposureTime, Value::Rational(vec![Rational { num: 1, denom: 250 }])),
            entry(Tag::FNumber, Value::Rational(vec![Rational { num: 28, denom: 10 }])),
            entry(Tag::PhotographicSensitivity, Value::Short(vec![400])),
            entry(Tag::FocalLength, Value::Rational(vec![Rational { num: 50, denom: 0 }])),
            entry(Tag::GPSLatitudeRef, Value::Ascii(vec![b"N".to_vec()])),
        ]);
        assert_eq!(
            read_exif(&jpeg),
            Some(ExifReport {
                camera_make: Some("Acme Optics".into()),
                camera_model: Some("One".into()),
                taken_at: Some("2024-05-01T12:30:07".into()),
                exposure_s: Some(0.004),
                f_number: Some(2.8),
                iso: Some(400),
                focal_length_mm: None,
                orientation: Some(6),
                gps_present: true,
                damaged: false,
            })
        );
    }

    #[test]
    fn no_block_and_a_broken_block_are_no_report() {
        assert_eq!(read_exif(b""), None);
        assert_eq!(read_exif(b"GIF89a"), None);
        assert_eq!(read_exif(&jpeg_around(b"II*\0\xff\xff\xff\xff")), None);
    }

    #[test]
    fn cutting_the_block_anywhere_does_no_harm() {
        let jpeg = jpeg_with(&[entry(Tag::Make, Value::Ascii(vec![b"Acme".to_vec()]))]);
        for end in 0..jpeg.len() {
            let _ = read_exif(&jpeg[..end]);
        }
    }
}
