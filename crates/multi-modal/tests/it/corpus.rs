//! Broken and hostile files: each gets a clear error within its limits, and the server stays up and small.

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use crate::{good, inline, png, program, refused, structure};

const PORTRAIT: &[u8] = include_bytes!("../../samples/portrait.jpg");
const SPEECH: &[u8] = include_bytes!("../../samples/speech.wav");
const SEED: u64 = 52;

/// A PNG whose header says one size and whose data hold next to nothing.
fn png_of(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 6, 0, 0, 0]);
    for (chunk, length) in [(header, 13), (b"IDAT\x78\x9c\x03\x00\x00\x00\x00\x01".to_vec(), 8), (b"IEND".to_vec(), 0)]
    {
        bytes.extend(u32::to_be_bytes(length));
        bytes.extend(&chunk);
        bytes.extend(crc32(&chunk).to_be_bytes());
    }
    bytes
}

/// CRC-32 of PNG chunks (ISO 3309), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

/// A decompression bomb within the limits: 36 megapixels of one colour in a few KiB.
fn bomb() -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels = vec![0; 6_000 * 6_000];
    PngEncoder::new_with_quality(
        &mut bytes,
        image::codecs::png::CompressionType::Best,
        image::codecs::png::FilterType::NoFilter,
    )
    .write_image(&pixels, 6_000, 6_000, ExtendedColorType::L8)
    .expect("a PNG is written");
    bytes
}

/// A WAV header for `seconds` of sound with no sound behind it.
fn wav_of(seconds: u32, rate: u32, channels: u16, bits: u16) -> Vec<u8> {
    let block = u32::from(channels) * u32::from(bits) / 8;
    let data = seconds.wrapping_mul(rate).wrapping_mul(block);
    let mut bytes = b"RIFF".to_vec();
    bytes.extend(data.wrapping_add(36).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend(rate.wrapping_mul(block).to_le_bytes());
    bytes.extend((block as u16).to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(data.to_le_bytes());
    bytes
}

#[tokio::test]
async fn broken_images_are_refused_with_a_hint() -> anyhow::Result<()> {
    let program = program();
    let client = crate::client(&program).await?;
    let whole = png(64, 64);
    let files: Vec<(&str, Vec<u8>, &str, &str)> = vec![
        ("half a JPEG", PORTRAIT[..PORTRAIT.len() / 2].to_vec(), "image/jpeg", "cannot be read"),
        ("the magic bytes alone", whole[..8].to_vec(), "image/png", "cannot be read"),
        ("half a PNG", whole[..whole.len() / 2].to_vec(), "image/png", "cannot be read"),
        ("a JPEG that says PNG", PORTRAIT.to_vec(), "image/png", "image/jpeg"),
        ("text", b"this is no image, but long enough to look at".to_vec(), "image/png", ""),
        ("one byte", vec![0x89], "image/png", ""),
        ("a PDF", b"%PDF-1.7\n%aaaa\n".to_vec(), "application/pdf", "send one of"),
        ("an SVG", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(), "image/svg+xml", "send one of"),
        ("a HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), "image/heic", "send one of"),
        ("zero wide", png_of(0, 10), "image/png", ""),
        ("two billion wide", png_of(0x7fff_ffff, 0x7fff_ffff), "image/png", "at most"),
        ("a long strip", png_of(1_000_000, 1), "image/png", "at most"),
        ("50 megapixels", png_of(10_000, 5_000), "image/png", "at most"),
        ("no data for its pixels", png_of(100, 100), "image/png", "cannot be read"),
        ("a GIF without frames", b"GIF89a\x10\0\x10\0\0\0\0;".to_vec(), "image/gif", "cannot be read"),
        (
            "a BMP with a negative width",
            {
                let mut bmp = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
                bmp.extend((-4_i32).to_le_bytes());
                bmp.extend(4_i32.to_le_bytes());
                bmp.extend([1, 0, 24, 0]);
                bmp.resize(80, 0);
                bmp
            },
            "image/bmp",
            "cannot be read",
        ),
        ("a WebP cut off", b"RIFF\xff\xff\0\0WEBPVP8 \xff\0\0\0".to_vec(), "image/webp", "cannot be read"),
    ];
    for analysis in ["general", "objects", "text", "faces"] {
        for (what, bytes, mime, expect) in &files {
            let arguments = json!({"source": inline(bytes, mime), "analysis": analysis});
            let text = refused(&client, "analyze_image", arguments).await?;
            assert!(text.contains("hint: ") && text.contains(expect), "{what}: {text}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn unusual_images_work() -> anyhow::Result<()> {
    let program = program();
    let client = crate::client(&program).await?;
    let mut sixteen = Vec::new();
    let samples: Vec<u8> = (0..32_u16 * 32 * 4).flat_map(|n| (n * 15).to_be_bytes()).collect();
    PngEncoder::new(&mut sixteen).write_image(&samples, 32, 32, ExtendedColorType::Rgba16)?;
    for (what, bytes) in [("one pixel", png(1, 1)), ("a line", png(2000, 1)), ("16 bit", sixteen)] {
        for analysis in ["general", "objects", "text", "faces"] {
            let arguments = json!({"source": inline(&bytes, "image/png"), "analysis": analysis});
            let result = good(&client, "analyze_image", arguments).await;
            assert!(result.is_ok(), "{what} {analysis}: {result:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn broken_sounds_are_refused_with_a_hint() -> anyhow::Result<()> {
    let program = program();
    let client = crate::client(&program).await?;
    let mut lying = SPEECH.to_vec();
    lying[24..28].copy_from_slice(&0_u32.to_le_bytes());
    for (what, bytes, mime) in [
        ("the header alone", SPEECH[..44].to_vec(), "audio/wav"),
        ("half a header", SPEECH[..20].to_vec(), "audio/wav"),
        ("a rate of zero", lying, "audio/wav"),
        ("a WAV that says FLAC", SPEECH.to_vec(), "audio/flac"),
        ("an hour that is not there", wav_of(3600, 8_000, 1, 16), "audio/wav"),
        ("no channels", wav_of(1, 8_000, 0, 16), "audio/wav"),
        ("a thousand channels", wav_of(1, 8_000, 1000, 16), "audio/wav"),
        ("13 bits", wav_of(1, 8_000, 1, 13), "audio/wav"),
        ("an image", png(8, 8), "image/png"),
        ("an image that says WAV", png(8, 8), "audio/wav"),
        ("a FLAC without frames", b"fLaC\x80\0\0\x22".to_vec(), "audio/flac"),
        ("an OGG page cut off", b"OggS\0\x02\0\0\0\0\0\0\0\0".to_vec(), "audio/ogg"),
        ("an MP3 header alone", vec![0xff, 0xfb, 0x90, 0x00], "audio/mpeg"),
        ("an ID3 tag that never ends", b"ID3\x04\0\0\x7f\x7f\x7f\x7f".to_vec(), "audio/mpeg"),
    ] {
        for tool in ["analyze_audio", "transcribe_audio"] {
            let text = refused(&client, tool, json!({"source": inline(&bytes, mime)})).await?;
            assert!(text.contains("hint: "), "{what}: {text}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn broken_videos_are_refused_with_a_hint() -> anyhow::Result<()> {
    let program = program();
    let client = crate::client(&program).await?;
    for (what, bytes, mime) in [
        ("an MP4", b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2".to_vec(), "video/mp4"),
        ("a WebM", b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81".to_vec(), "video/webm"),
        ("a Y4M without a size", b"YUV4MPEG2 F25:1\nFRAME\n".to_vec(), "video/x-yuv4mpeg"),
        ("a Y4M of zero", b"YUV4MPEG2 W0 H0 F25:1\nFRAME\n".to_vec(), "video/x-yuv4mpeg"),
        ("a Y4M of planets", b"YUV4MPEG2 W4000000000 H4000000000 F25:1\nFRAME\n".to_vec(), "video/x-yuv4mpeg"),
        ("a Y4M cut off", b"YUV4MPEG2 W64 H64 F25:1\nFRAME\nabc".to_vec(), "video/x-yuv4mpeg"),
        ("a Y4M without frames", b"YUV4MPEG2 W64 H64 F25:1\n".to_vec(), "video/x-yuv4mpeg"),
        ("a Y4M of no rate", b"YUV4MPEG2 W2 H2 F0:0\nFRAME\n".to_vec(), "video/x-yuv4mpeg"),
        ("half a GIF", b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0".to_vec(), "image/gif"),
    ] {
        let text = refused(&client, "extract_video_frames", json!({"source": inline(&bytes, mime)})).await?;
        assert!(text.contains("hint: "), "{what}: {text}");
    }
    Ok(())
}

/// Overwrites a few bytes, or cuts the file.
fn mutated(random: &mut StdRng, file: &[u8]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for _ in 0..random.random_range(1..6) {
        let at = random.random_range(0..bytes.len());
        bytes[at] = random.random();
    }
    if random.random_bool(0.3) {
        bytes.truncate(random.random_range(1..bytes.len()));
    }
    if random.random_bool(0.1) {
        let at = random.random_range(0..bytes.len());
        bytes.splice(at..at, random.next_u64().to_le_bytes());
    }
    bytes
}

#[tokio::test]
async fn mutated_files_never_bring_the_server_down() -> anyhow::Result<()> {
    let program = program();
    let client = crate::client(&program).await?;
    let mut random = StdRng::seed_from_u64(SEED);
    let small_png = png(48, 32);
    for round in 0..60 {
        for (tool, file, mime, extra) in [
            ("analyze_image", PORTRAIT, "image/jpeg", json!({})),
            ("analyze_image", small_png.as_slice(), "image/png", json!({"analysis": "objects"})),
            ("analyze_audio", SPEECH, "audio/wav", json!({})),
        ] {
            let mut arguments = extra;
            arguments["source"] = inline(&mutated(&mut random, file), mime);
            let result = mcp_support::client::call(&client, tool, arguments).await?;
            let text = crate::text(&result);
            assert!(!text.contains("internal error"), "seed {SEED}, round {round}, {tool}: {text}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_bomb_costs_neither_memory_nor_the_next_call() -> anyhow::Result<()> {
    let program = program();
    let client = crate::client(&program).await?;
    let bomb = bomb();
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    // 36 megapixels are allowed: they are decoded one or two at a time, however many ask.
    let calls = (0..6).map(|_| {
        let client = &client;
        let source = inline(&bomb, "image/png");
        async move { mcp_support::client::call(client, "analyze_image", json!({"source": source})).await }
    });
    for result in futures::future::join_all(calls).await {
        assert_eq!(structure(&result?)["general"]["width"], Value::from(6000));
    }
    let server = program.http().await?;
    assert!(server.memory_kib()? < 1_500_000, "{} KiB", server.memory_kib()?);
    good(&client, "analyze_text", json!({"text": "still here"})).await?;
    Ok(())
}
