//! The guided tour: a real client drives the real server over real images, sounds, frames and documents.

mod show;

use anyhow::Context as _;
use base64::{Engine, engine::general_purpose::STANDARD};
use image::{Frame, codecs::gif::GifEncoder};
use mcp_support::{
    cli::DemoArgs,
    client::{Recorder, Revision, call, structure},
    demo::Tour,
};
use rmcp::{
    RoleClient,
    model::{CallToolResult, ContentBlock, ReadResourceRequestParams, ResourceContents},
    service::RunningService,
};
use serde_json::json;

use self::show::Folder;

const PORTRAIT: &[u8] = include_bytes!("../samples/portrait.jpg");
const RECEIPT: &[u8] = include_bytes!("../samples/receipt.png");
const SPEECH: &[u8] = include_bytes!("../samples/speech.wav");

type Client = RunningService<RoleClient, Recorder>;

/// Runs the tour.
///
/// # Errors
/// The server cannot be started, or a check has failed.
pub async fn tour(args: &DemoArgs) -> anyhow::Result<()> {
    let about = "Lesson 5.2. Images, sounds, video frames and documents through one protocol session, computed on this \
                 machine.\nEvery value below was just computed by the server, which runs as a process of its own.";
    let mut tour = Tour::new("Multi-modal", about, args);
    let mut folder = Folder::new()?;
    tour.show("files go to", folder.path().display());
    let client = tour.stdio(Revision::Modern, Recorder::default()).await?;

    let painting = paint(&mut tour, &mut folder, &client).await?;
    let portrait = look(&mut tour, &mut folder, &client).await?;
    read(&mut tour, &mut folder, &client).await?;
    listen(&mut tour, &mut folder, &client).await?;
    watch(&mut tour, &mut folder, &client).await?;
    write(&mut tour, &mut folder, &client, &[portrait, painting]).await?;
    refuse(&mut tour, &client).await?;
    client.cancel().await?;
    everywhere(&mut tour).await?;
    tour.show("files are in", folder.path().display());
    tour.finish()
}

/// Returns the handle of what was painted.
async fn paint(tour: &mut Tour, folder: &mut Folder, client: &Client) -> anyhow::Result<String> {
    tour.step("A picture from words, and the words from the picture");
    let prompt = "three red circles and a blue square on a white background";
    tour.show("generate_image", prompt);
    let painted =
        call(client, "generate_image", json!({"prompt": prompt, "style": "cartoon", "width": 480, "height": 320}))
            .await?;
    folder.keep(tour, "painted", &painted)?;
    let data = first_image(&painted)?;
    let source = json!({"data": data, "mime_type": "image/png"});
    let found = call(client, "analyze_image", json!({"source": source, "analysis": "objects"})).await?;
    folder.keep(tour, "objects", &found)?;
    tour.show("analyze_image", text(&found));
    let regions = structure(&found)["objects"]["regions"].as_array().cloned().unwrap_or_default();
    let shapes = |shape: &str| regions.iter().filter(|region| region["shape"] == shape).count();
    tour.check("the analysis finds the three circles and the square that were asked for", {
        shapes("circle") == 3 && shapes("square") == 1
    });

    tour.step("A scene in four styles");
    let scene = "a snowy mountain at night with a full moon over a lake";
    tour.show("generate_image", scene);
    let mut pictures = Vec::new();
    for style in ["realistic", "artistic", "cartoon", "sketch"] {
        let arguments = json!({"prompt": scene, "style": style, "width": 384, "height": 256});
        let painted = call(client, "generate_image", arguments).await?;
        folder.keep(tour, style, &painted)?;
        pictures.push(first_image(&painted)?);
    }
    tour.note("a picture above 256 KiB is kept and linked, and shown as a small preview");
    pictures.dedup();
    tour.check("four styles, four different pictures of one scene", pictures.len() == 4);
    let kept = call(client, "import_media", json!({"source": source, "name": "three circles"})).await?;
    handle(&kept)
}

/// Returns the handle of the portrait.
async fn look(tour: &mut Tour, folder: &mut Folder, client: &Client) -> anyhow::Result<String> {
    tour.step("A photograph, sent once and used twice");
    let source = json!({"data": STANDARD.encode(PORTRAIT), "mime_type": "image/jpeg"});
    let kept =
        call(client, "import_media", json!({"source": source, "name": "portrait (NASA, public domain)"})).await?;
    let portrait = handle(&kept)?;
    tour.show("import_media", text(&kept));
    let general = call(client, "analyze_image", json!({"source": {"uri": portrait}})).await?;
    tour.show("general", text(&general));
    let colors = structure(&general)["general"]["dominant_colors"].as_array().cloned().unwrap_or_default();
    let colors: Vec<String> = colors
        .iter()
        .map(|color| {
            let share = color["share"].as_f64().unwrap_or_default() * 100.0;
            format!("{} {} {share:.0} %", color["hex"].as_str().unwrap_or("?"), color["name"].as_str().unwrap_or("?"))
        })
        .collect();
    tour.show("colours", colors.join(", "));
    let faces = call(client, "analyze_image", json!({"source": {"uri": portrait}, "analysis": "faces"})).await?;
    folder.keep(tour, "faces", &faces)?;
    tour.show("faces", text(&faces));
    let found = structure(&faces)["faces"]["faces"].as_array().map_or(0, Vec::len);
    tour.check("the detector finds the one face in it", found == 1);
    Ok(portrait)
}

async fn read(tour: &mut Tour, folder: &mut Folder, client: &Client) -> anyhow::Result<()> {
    tour.step("Text in a picture: the lines are computed, the words need a recognizer");
    let source = json!({"data": STANDARD.encode(RECEIPT), "mime_type": "image/png"});
    let found = call(client, "analyze_image", json!({"source": source, "analysis": "text", "language": "en"})).await?;
    folder.keep(tour, "receipt", &found)?;
    tour.show("analyze_image", text(&found));
    tour.show("made by", structure(&found)["made_by"].as_str().unwrap_or("?"));
    let lines = structure(&found)["text_lines"]["lines"].as_array().map_or(0, Vec::len);
    tour.check("all six lines are found, the prices apart from their items", lines == 10);
    Ok(())
}

async fn listen(tour: &mut Tour, folder: &mut Folder, client: &Client) -> anyhow::Result<()> {
    tour.step("Sound out and in: Morse code is sent, heard and read");
    tour.show("synthesize_audio", "HELLO MCP, in Morse code");
    let sent = call(client, "synthesize_audio", json!({"morse": "HELLO MCP"})).await?;
    folder.keep(tour, "morse", &sent)?;
    let wav = sent.content.iter().find_map(|block| block.as_audio()).context("an audio block")?.data.clone();
    let source = json!({"data": wav, "mime_type": "audio/wav"});
    let heard = call(client, "transcribe_audio", json!({"source": source})).await?;
    tour.show("transcribe_audio", text(&heard));
    tour.check("what was sent is what was read", structure(&heard)["morse"]["text"] == "HELLO MCP");
    tour.show("synthesize_audio", "the note A4, twice");
    let notes = call(client, "synthesize_audio", json!({"notes": "A4:2 R:1 A4:2"})).await?;
    folder.keep(tour, "notes", &notes)?;
    let block = notes.content.iter().find_map(|block| block.as_audio()).context("an audio block")?;
    let source = json!({"data": block.data, "mime_type": "audio/wav"});
    let measured = call(client, "analyze_audio", json!({"source": source})).await?;
    folder.keep(tour, "spectrogram", &measured)?;
    tour.show("analyze_audio", text(&measured));
    let pitch = structure(&measured)["pitch"]["median_hz"].as_f64().unwrap_or_default();
    tour.check(format!("an A4 of 440 Hz is measured as {pitch:.1} Hz"), (pitch - 440.0).abs() < 5.0);

    tour.step("Speech: where it is, and what it says when a recognizer is there");
    tour.show("spoken", "stop the music and go home (by a machine, for a small offline recognizer)");
    let source = json!({"data": STANDARD.encode(SPEECH), "mime_type": "audio/wav"});
    let heard = call(client, "transcribe_audio", json!({"source": source, "language": "en"})).await?;
    tour.show("transcribe_audio", text(&heard));
    let segments = structure(&heard)["segments"].as_array().map_or(0, Vec::len);
    tour.check("the one sentence is found as one stretch of sound", segments == 1);
    Ok(())
}

async fn watch(tour: &mut Tour, folder: &mut Folder, client: &Client) -> anyhow::Result<()> {
    tour.step("Frames of a video, with its scene change");
    let source = json!({"data": STANDARD.encode(clip()?), "mime_type": "image/gif"});
    let arguments = json!({"source": source, "count": 6});
    let frames = call(client, "extract_video_frames", arguments).await?;
    folder.keep(tour, "contact-sheet", &frames)?;
    tour.show("extract_video_frames", text(&frames));
    let changes = structure(&frames)["video"]["scene_changes"].as_array().map_or(0, Vec::len);
    tour.check("the one cut is found", changes == 1);
    Ok(())
}

async fn write(tour: &mut Tour, folder: &mut Folder, client: &Client, media: &[String]) -> anyhow::Result<()> {
    tour.step("A document from text and kept pictures, as links instead of megabytes");
    let sections = json!([
        {"heading": "What this is", "text": "A page that **one tool call** has set, from text and media handles.\n\n- the portrait was imported\n- the circles were painted"},
        {"heading": "Pictures", "text": "Both are kept by the server, and belong to their owner.", "media": media},
    ]);
    let document =
        call(client, "generate_document", json!({"title": "Multi-modal report", "sections": sections})).await?;
    tour.show("generate_document", text(&document));
    let pdf = structure(&document)["pdf"].as_str().context("a handle")?.to_owned();
    let read = client.read_resource(ReadResourceRequestParams::new(pdf)).await?;
    let Some(ResourceContents::BlobResourceContents { blob, .. }) = read.contents.first() else {
        anyhow::bail!("the PDF is no blob")
    };
    let bytes = STANDARD.decode(blob)?;
    tour.show("resources/read", folder.write("report.pdf", &bytes)?.display());
    tour.check("the link leads to a PDF", bytes.starts_with(b"%PDF"));
    Ok(())
}

async fn refuse(tour: &mut Tour, client: &Client) -> anyhow::Result<()> {
    tour.step("Bad input is refused with a hint, and the server stays up");
    let lie = json!({"data": STANDARD.encode(PORTRAIT), "mime_type": "image/png"});
    for (what, source, expect) in [
        ("a MIME type that lies", lie, "image/jpeg"),
        (
            "half a photograph",
            json!({"data": STANDARD.encode(&PORTRAIT[..PORTRAIT.len() / 2]), "mime_type": "image/jpeg"}),
            "cannot be read",
        ),
        ("a metadata address", json!({"uri": "https://169.254.169.254/latest/meta-data/"}), "not a public host"),
        ("a made-up handle", json!({"uri": "media://00000000000000000000000000000000"}), "no media"),
    ] {
        let refused = call(client, "analyze_image", json!({"source": source})).await?;
        tour.show(what, text(&refused));
        tour.check("a tool error with a hint", {
            refused.is_error == Some(true) && text(&refused).contains(expect) && text(&refused).contains("hint: ")
        });
    }
    Ok(())
}

async fn everywhere(tour: &mut Tour) -> anyhow::Result<()> {
    tour.step("Both transports, both protocol revisions: the same answer");
    let arguments = json!({"text": "The quick brown fox jumps over the lazy dog. It does so every day."});
    let mut answers = Vec::new();
    for revision in Revision::ALL {
        for http in [false, true] {
            let client = if http {
                tour.http(revision, Recorder::default()).await?
            } else {
                tour.stdio(revision, Recorder::default()).await?
            };
            let answer = call(&client, "analyze_text", arguments.clone()).await?;
            let leg = format!("{} {revision}", if http { "http" } else { "stdio" });
            tour.show(&leg, text(&answer).split(';').next().unwrap_or_default());
            answers.push(structure(&answer).clone());
            client.cancel().await?;
        }
    }
    tour.check("four legs, one answer", answers.windows(2).all(|pair| pair[0] == pair[1]));
    Ok(())
}

/// Two seconds of animation in two scenes: a disc moves across a light room, then across a dark one.
fn clip() -> anyhow::Result<Vec<u8>> {
    let mut gif = Vec::new();
    let mut encoder = GifEncoder::new(&mut gif);
    for number in 0..20_u32 {
        let (back, disc) = if number < 10 {
            ([240, 230, 200, 255], [200, 30, 30, 255])
        } else {
            ([20, 30, 60, 255], [250, 220, 90, 255])
        };
        let center = (10 + number % 10 * 15, 60);
        let frame = image::RgbaImage::from_fn(160, 120, |x, y| {
            let inside = x.abs_diff(center.0).pow(2) + y.abs_diff(center.1).pow(2) < 400;
            image::Rgba(if inside { disc } else { back })
        });
        let delay = image::Delay::from_numer_denom_ms(100, 1);
        encoder.encode_frame(Frame::from_parts(frame, 0, 0, delay))?;
    }
    drop(encoder);
    Ok(gif)
}

fn first_image(result: &CallToolResult) -> anyhow::Result<String> {
    let image = result.content.iter().find_map(ContentBlock::as_image);
    Ok(image.context("an image block")?.data.clone())
}

fn text(result: &CallToolResult) -> &str {
    result.content.first().and_then(ContentBlock::as_text).map_or("", |text| text.text.as_str())
}

fn handle(result: &CallToolResult) -> anyhow::Result<String> {
    Ok(structure(result)["uri"].as_str().with_context(|| format!("a handle: {}", text(result)))?.to_owned())
}
