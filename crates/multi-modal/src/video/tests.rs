//! Tests of [`super`].

use std::io::Cursor;

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, DynamicImage, Frame, ImageFormat, Rgba};

use super::*;
use crate::limits::VIDEO_FRAMES;
use crate::watch::Unwatched;

fn plain(shade: u8) -> RgbaImage {
    RgbaImage::from_pixel(40, 30, Rgba([shade, 255 - shade, 0, 255]))
}

fn gif(shades: &[u8], delay_ms: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut file, 30);
    encoder.set_repeat(Repeat::Infinite).expect("a header");
    for shade in shades {
        let delay = Delay::from_numer_denom_ms(delay_ms, 1);
        encoder.encode_frame(Frame::from_parts(plain(*shade), 0, 0, delay)).expect("a frame");
    }
    drop(encoder);
    file
}

fn y4m(frames: usize) -> Vec<u8> {
    let mut file = b"YUV4MPEG2 W2 H2 F10:1 Cmono\n".to_vec();
    for index in 0..frames {
        file.extend(b"FRAME\n");
        file.extend([(index % 200) as u8 + 20; 4]);
    }
    file
}

fn indexes(bytes: &[u8], selection: Selection) -> Vec<u32> {
    let found = extract(bytes, None, selection, &Unwatched).expect("a video");
    assert_eq!(found.frames.len(), found.report.selected.len());
    found.report.selected.iter().map(|frame| frame.index).collect()
}

#[test]
fn frames_are_selected_by_time_and_by_number() {
    let ten = y4m(10);
    for (selection, expected) in [
        (Selection::Count(1), vec![5]),
        (Selection::Count(2), vec![2, 7]),
        (Selection::Count(5), vec![1, 3, 5, 7, 9]),
        (Selection::Count(64), (0..10).collect()),
        (Selection::EveryMs(100), (0..10).collect()),
        (Selection::EveryMs(250), vec![0, 2, 5, 7]),
        (Selection::EveryMs(1), (0..10).collect()),
        (Selection::EveryMs(u32::MAX), vec![0]),
    ] {
        assert_eq!(indexes(&ten, selection), expected, "{selection:?}");
    }
}

#[test]
fn a_gif_has_times_and_a_scene_change() {
    let file = gif(&[0, 0, 255, 255], 200);
    let found = extract(&file, Some("image/gif"), Selection::Count(4), &Unwatched).expect("a GIF");
    let report = found.report;
    assert_eq!((report.container.as_str(), report.width, report.height), ("GIF", 40, 30));
    assert_eq!((report.frame_count, report.duration_ms, report.mean_frames_per_second), (4, 800.0, 5.0));
    let times: Vec<f64> = report.selected.iter().map(|frame| frame.timestamp_ms).collect();
    assert_eq!(times, [0.0, 200.0, 400.0, 600.0]);
    assert_eq!(report.scene_changes.len(), 1);
    assert_eq!(report.scene_changes[0].timestamp_ms, 400.0);
    assert!(found.frames[0].get_pixel(5, 5)[1] > 200 && found.frames[2].get_pixel(5, 5)[0] > 200);
}

#[test]
fn a_still_image_is_one_frame_and_says_so() {
    let mut png = Cursor::new(Vec::new());
    DynamicImage::ImageRgba8(plain(9)).write_to(&mut png, ImageFormat::Png).expect("a PNG");
    let found = extract(&png.into_inner(), None, Selection::EveryMs(10), &Unwatched).expect("a still");
    assert_eq!((found.report.frame_count, found.report.duration_ms), (1, 0.0));
    assert!(found.report.note.contains("still image"));
}

#[test]
fn limits_and_wrong_input_are_errors() {
    let refused = |bytes: &[u8], claim, selection| extract(bytes, claim, selection, &Unwatched).err();
    let all = Selection::Count(3);
    let long = y4m(VIDEO_FRAMES + 1);
    assert!(matches!(refused(&long, None, all), Some(MediaError::TooLarge { what: "video", .. })));
    let wide = [b"YUV4MPEG2 W30000 H1 Cmono\nFRAME\n".as_slice(), &[0; 30_000]].concat();
    assert!(matches!(refused(&wide, None, all), Some(MediaError::TooLarge { .. })));
    let many = refused(&y4m(100), None, Selection::EveryMs(100));
    assert!(matches!(many, Some(MediaError::Invalid { .. })), "{many:?}");
    for selection in [Selection::Count(0), Selection::Count(65), Selection::EveryMs(0)] {
        assert!(matches!(refused(&y4m(3), None, selection), Some(MediaError::Invalid { .. })));
    }
    let film = refused(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", Some("video/mp4"), all);
    assert!(film.is_some_and(|error| error.hint().contains("ffmpeg")));
    let lie = refused(&y4m(3), Some("video/mp4"), all);
    assert!(matches!(lie, Some(MediaError::WrongType { .. })));
    assert!(refused(b"", None, all).is_some());
    assert!(refused(b"YUV4MPEG2 W2 H2\n", None, all).is_some());
    assert!(refused(b"GIF89a\x02\0\x02\0\0\0\0;", None, all).is_some());
}

#[test]
fn a_file_cut_anywhere_does_no_harm() {
    let file = gif(&[0, 128, 255], 50);
    for end in 0..file.len() {
        let _ = extract(&file[..end], None, Selection::Count(2), &Unwatched);
    }
}

#[test]
fn a_cancelled_call_stops() {
    struct Impatient;
    impl Watch for Impatient {
        fn step(&self, _: u64, _: u64) -> Result<(), MediaError> {
            Err(MediaError::Cancelled)
        }
    }
    let found = extract(&y4m(3), None, Selection::Count(2), &Impatient);
    assert_eq!(found.err(), Some(MediaError::Cancelled));
}
