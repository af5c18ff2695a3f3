//! Every tool on every leg: a success, a tool error with its hint, and a protocol error.

use mcp_support::{
    client::{Heard, Recorder},
    testing::Leg,
};
use rmcp::{ServiceError, model::CallToolRequestParams};
use serde_json::{Value, json};

use crate::{good, inline, png, program, refused, structure};

/// Each tool with arguments that work, where to find a value in the structure, arguments that do not, and the hint.
fn cases() -> Vec<(&'static str, Value, &'static str, Value, &'static str)> {
    let image = inline(&png(64, 48), "image/png");
    let speech = inline(include_bytes!("../../samples/speech.wav"), "audio/wav");
    let gif = inline(&animation(), "image/gif");
    vec![
        ("analyze_image", json!({"source": image}), "/general/width", json!({"source": {}}), "give {\"uri\""),
        ("analyze_audio", json!({"source": speech}), "/duration_ms", json!({"source": image}), "send one of: "),
        ("transcribe_audio", json!({"source": speech}), "/duration_ms", json!({"source": image}), "send one of: "),
        (
            "generate_image",
            json!({"prompt": "a red circle", "width": 64, "height": 64}),
            "/understood/seed",
            json!({"prompt": "x", "width": 5}),
            "give 16 to 2048",
        ),
        ("synthesize_audio", json!({"dtmf": "123"}), "/duration_ms", json!({"dtmf": "1", "morse": "e"}), "give notes"),
        (
            "extract_video_frames",
            json!({"source": gif, "count": 2}),
            "/video/frame_count",
            json!({"source": gif, "count": 0}),
            "give 1 to 64",
        ),
        ("analyze_text", json!({"text": "Some words."}), "/words", json!({"text": ""}), "hint: "),
        (
            "generate_document",
            json!({"title": "T", "sections": [{"text": "words"}]}),
            "/pages",
            json!({"title": "", "sections": [{"text": "words"}]}),
            "hint: ",
        ),
        (
            "create_multi_modal_response",
            json!({"text": "t", "image_prompts": ["a blue square"]}),
            "/images/0/seed",
            json!({"text": "t", "image_prompts": ["a", "b", "c", "d", "e"]}),
            "at most 4",
        ),
        (
            "import_media",
            json!({"source": image, "name": "n"}),
            "/bytes",
            json!({"source": image, "name": ""}),
            "1 to 100",
        ),
        ("list_media", json!({}), "/media/0/bytes", json!({"unexpected": 1}), ""),
        ("delete_media", json!({"uri": "media://none"}), "", json!({"uri": "media://none"}), "list_media names"),
    ]
}

fn animation() -> Vec<u8> {
    let mut gif = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
    for shade in [10, 200] {
        let frame = image::RgbaImage::from_pixel(32, 24, image::Rgba([shade, 0, 0, 255]));
        encoder.encode_frame(image::Frame::new(frame)).expect("a frame is written");
    }
    drop(encoder);
    gif
}

#[tokio::test]
async fn every_tool_on_every_leg() -> anyhow::Result<()> {
    let program = program();
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let mut called = Vec::new();
        for (tool, works, pointer, fails, hint) in cases() {
            if !pointer.is_empty() {
                let result = good(&client, tool, works).await?;
                let value = structure(&result).pointer(pointer);
                assert!(value.is_some_and(Value::is_u64), "{leg} {tool}: {}", structure(&result));
            }
            if !hint.is_empty() {
                let text = refused(&client, tool, fails).await?;
                assert!(text.contains(hint), "{leg} {tool}: {text}");
            }
            called.push(tool);
        }
        let mut offered: Vec<String> =
            client.list_all_tools().await?.into_iter().map(|tool| tool.name.into()).collect();
        offered.sort();
        called.sort_unstable();
        assert_eq!(offered, called, "{leg}: every tool is called here");

        let unknown = client.call_tool(CallToolRequestParams::new("no_such_tool")).await;
        assert!(matches!(&unknown, Err(ServiceError::McpError(error)) if error.code.0 == -32602), "{leg}: {unknown:?}");
    }
    Ok(())
}

#[tokio::test]
async fn structured_results_fit_their_schema() -> anyhow::Result<()> {
    let program = program();
    let client = crate::client(&program).await?;
    let tools = client.list_all_tools().await?;
    for (tool, works, pointer, ..) in cases() {
        if pointer.is_empty() {
            continue;
        }
        let result = good(&client, tool, works).await?;
        let offered = tools.iter().find(|offered| offered.name == tool).expect("it is offered");
        let schema = Value::Object(offered.output_schema.as_ref().expect("a schema").as_ref().clone());
        let validator = jsonschema::validator_for(&schema)?;
        let errors: Vec<String> = validator
            .iter_errors(structure(&result))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{tool}: {errors:?}");
    }
    Ok(())
}

#[tokio::test]
async fn unknown_arguments_and_wrong_types_are_refused_by_every_tool() -> anyhow::Result<()> {
    let program = program();
    let client = crate::client(&program).await?;
    for (tool, works, pointer, ..) in cases() {
        if pointer.is_empty() || tool == "list_media" {
            continue;
        }
        let mut more = works.clone();
        more["no_such_argument"] = json!(1);
        let text = refused(&client, tool, more).await?;
        assert!(text.contains("no_such_argument"), "{tool}: {text}");
        for wrong in [json!(null), json!([]), json!({"a": {"b": []}}), json!(1e300), json!("\u{0}")] {
            let mut arguments = works.clone();
            if tool == "analyze_text" && wrong.is_string() {
                continue; // any text will do
            }
            for (_, value) in arguments.as_object_mut().into_iter().flatten() {
                *value = wrong.clone();
            }
            refused(&client, tool, arguments).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn long_work_reports_progress_and_stops_when_it_is_cancelled() -> anyhow::Result<()> {
    let program = program();
    let recorder = Recorder::default();
    let client = program.client(Leg::ALL[3], recorder.clone()).await?;
    let arguments =
        json!({"prompt": "a forest by the sea in the rain", "style": "artistic", "width": 2048, "height": 2048});
    let mut params = CallToolRequestParams::new("generate_image");
    params.arguments = arguments.as_object().cloned();
    let options = rmcp::service::PeerRequestOptions::no_options();
    let request = rmcp::model::ClientRequest::CallToolRequest(rmcp::model::CallToolRequest::new(params));
    let handle = client.send_request_with_option(request, options).await?;
    let heard = recorder.wait_for(|heard| matches!(heard, Heard::Progress(..))).await;
    assert!(heard.is_some(), "no progress was heard");
    handle.cancel(Some("seen enough".to_owned())).await?;
    // The worker stops at its next step: the process comes to rest long before the picture would be done.
    let id = program.http().await?.id().expect("it runs");
    let mut last = cpu_ticks(id)?;
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let now = cpu_ticks(id)?;
        if now - last <= 2 {
            return Ok(());
        }
        last = now;
    }
    panic!("the work goes on after its call was cancelled")
}

/// Processor time that a process has used, in ticks (Linux).
fn cpu_ticks(id: u32) -> anyhow::Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    Ok(fields[11].parse::<u64>()? + fields[12].parse::<u64>()?)
}
