//! Files that other programs made. A program that is missing is a failure only where `CI=true`.

use std::{path::Path, process::Command};

use anyhow::{Context as _, ensure};
use mcp_support::{
    client::Recorder,
    testing::{Leg, Program},
};
use serde_json::json;

use crate::{good, inline, program, structure, text};

/// Runs programs one after the other in a folder of their own, and returns the file `made`. None, outside of CI, where a
/// program is missing.
fn made_by(commands: &[&[&str]], made: &str) -> anyhow::Result<Option<Vec<u8>>> {
    let folder = tempfile::tempdir()?;
    for command in commands {
        let status = Command::new(command[0]).args(&command[1..]).current_dir(folder.path()).output();
        match status {
            Ok(output) => ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
                ensure!(!ci, "{} is not installed", command[0]);
                eprintln!("skipped: {} is not installed", command[0]);
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Some(std::fs::read(folder.path().join(made)).with_context(|| made.to_owned())?))
}

/// ImageMagick 6 and 7 differ in the name of their program.
fn convert() -> &'static str {
    if Path::new("/usr/bin/convert-im6.q16").exists() { "/usr/bin/convert-im6.q16" } else { "magick" }
}

#[tokio::test]
async fn exif_written_by_exiftool_is_read_and_gps_is_not_repeated() -> anyhow::Result<()> {
    let portrait = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/portrait.jpg");
    let Some(file) = made_by(
        &[&[
            "exiftool",
            "-o",
            "tagged.jpg",
            "-Make=Testmaker",
            "-Model=One",
            "-Orientation#=6",
            "-ISO=200",
            "-GPSLatitude=48.2082",
            "-GPSLatitudeRef=N",
            "-GPSLongitude=16.3738",
            "-GPSLongitudeRef=E",
            portrait,
        ]],
        "tagged.jpg",
    )?
    else {
        return Ok(());
    };
    let program = program();
    let client = crate::client(&program).await?;
    let seen = good(&client, "analyze_image", json!({"source": inline(&file, "image/jpeg")})).await?;
    let general = &structure(&seen)["general"];
    assert_eq!(general["exif"]["camera_make"], "Testmaker");
    assert_eq!(general["exif"]["iso"], 200);
    assert_eq!(general["orientation_applied"], 6);
    assert_eq!(general["exif"]["gps_present"], true);
    let all = serde_json::to_string(&seen)?;
    assert!(!all.contains("48.2") && !all.contains("16.37"), "the place is not repeated");
    Ok(())
}

#[tokio::test]
async fn images_by_imagemagick() -> anyhow::Result<()> {
    let program = program();
    let client = crate::client(&program).await?;
    for (arguments, made, mime) in [
        (["-size", "120x80", "xc:red", "-colorspace", "CMYK", "a.jpg"], "a.jpg", "image/jpeg"),
        (["-size", "120x80", "gradient:", "-depth", "16", "a.png"], "a.png", "image/png"),
        (["-size", "120x80", "plasma:", "-quality", "80", "a.webp"], "a.webp", "image/webp"),
        (["-size", "120x80", "xc:blue", "-type", "palette", "a.bmp"], "a.bmp", "image/bmp"),
        (["-size", "120x80", "pattern:checkerboard", "-interlace", "plane", "a.jpg"], "a.jpg", "image/jpeg"),
    ] {
        let mut command = vec![convert()];
        command.extend(arguments);
        let Some(file) = made_by(&[&command], made)? else { return Ok(()) };
        let seen = good(&client, "analyze_image", json!({"source": inline(&file, mime)})).await?;
        assert_eq!(structure(&seen)["general"]["width"], 120, "{arguments:?}");
    }
    let Some(gif) = made_by(
        &[&[
            convert(),
            "-delay",
            "20",
            "-size",
            "80x60",
            "xc:red",
            "xc:red",
            "xc:blue",
            "xc:blue",
            "-loop",
            "0",
            "a.gif",
        ]],
        "a.gif",
    )?
    else {
        return Ok(());
    };
    let frames =
        good(&client, "extract_video_frames", json!({"source": inline(&gif, "image/gif"), "count": 4})).await?;
    let video = &structure(&frames)["video"];
    assert_eq!((&video["frame_count"], &video["duration_ms"]), (&json!(4), &json!(800.0)));
    assert_eq!(video["scene_changes"].as_array().map(Vec::len), Some(1));
    Ok(())
}

#[tokio::test]
async fn sounds_by_sox() -> anyhow::Result<()> {
    let program = program();
    let client = crate::client(&program).await?;
    for (format, made, mime) in [
        (vec!["-r", "44100", "-b", "16", "a.wav"], "a.wav", "audio/wav"),
        (vec!["-r", "48000", "-b", "24", "-c", "6", "a.wav"], "a.wav", "audio/wav"),
        (vec!["-r", "96000", "-e", "floating-point", "-b", "32", "a.wav"], "a.wav", "audio/wav"),
        (vec!["-r", "8000", "-e", "mu-law", "a.wav"], "a.wav", "audio/wav"),
        (vec!["-r", "44100", "-b", "24", "a.flac"], "a.flac", "audio/flac"),
        (vec!["-r", "44100", "a.ogg"], "a.ogg", "audio/ogg"),
        (vec!["-r", "44100", "a.mp3"], "a.mp3", "audio/mpeg"),
    ] {
        let mut command = vec!["sox", "-n"];
        command.extend(&format);
        command.extend(["synth", "2", "sine", "440", "vol", "0.5"]);
        let Some(file) = made_by(&[&command], made)? else { return Ok(()) };
        let heard = good(&client, "analyze_audio", json!({"source": inline(&file, mime)})).await?;
        let hertz = structure(&heard)["pitch"]["median_hz"].as_f64().unwrap_or_default();
        assert!((hertz - 440.0).abs() < 3.0, "{format:?}: {hertz}: {}", text(&heard));
    }
    Ok(())
}

#[tokio::test]
async fn speech_by_espeak_is_found_and_is_no_signal() -> anyhow::Result<()> {
    let Some(file) = made_by(
        &[&["espeak-ng", "-w", "a.wav", "Good morning. The meeting begins at nine, in the large room."]],
        "a.wav",
    )?
    else {
        return Ok(());
    };
    let program = program();
    let client = crate::client(&program).await?;
    let heard = good(&client, "transcribe_audio", json!({"source": inline(&file, "audio/wav")})).await?;
    let report = structure(&heard);
    assert!(report["segments"].as_array().is_some_and(|segments| !segments.is_empty()), "{report}");
    assert_eq!(report["dtmf"]["digits"], "", "{report}");
    assert!(report["morse"]["text"].is_null(), "{report}");
    assert!(report["made_by"].as_str().is_some_and(|text| text.contains("install pocketsphinx")), "{report}");
    Ok(())
}

#[tokio::test]
async fn tesseract_and_pocketsphinx_are_used_where_they_are() -> anyhow::Result<()> {
    if made_by(
        &[&["tesseract", "--version"], &["sh", "-c", "command -v pocketsphinx_continuous && touch there"]],
        "there",
    )?
    .is_none()
    {
        return Ok(());
    }
    let program = Program::new(env!("CARGO_BIN_EXE_mcp-multi-modal"));
    for leg in [Leg::ALL[0], Leg::ALL[3]] {
        let client = program.client(leg, Recorder::default()).await?;
        let receipt = inline(include_bytes!("../../samples/receipt.png"), "image/png");
        let read =
            good(&client, "analyze_image", json!({"source": receipt, "analysis": "text", "language": "en"})).await?;
        assert!(text(&read).contains("TOTAL EUR 13.50"), "{leg}: {}", text(&read));
        let speech = inline(include_bytes!("../../samples/speech.wav"), "audio/wav");
        let heard = good(&client, "transcribe_audio", json!({"source": speech, "language": "en"})).await?;
        assert!(text(&heard).contains("stop the music"), "{leg}: {}", text(&heard));
        let klingon = json!({"source": inline(include_bytes!("../../samples/receipt.png"), "image/png"), "analysis": "text", "language": "tlh"});
        let refused = crate::refused(&client, "analyze_image", klingon).await?;
        assert!(refused.contains("hint: "), "{leg}: {refused}");
    }
    Ok(())
}
