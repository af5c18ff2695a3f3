//! The shared context: handles, resources, links, the prompt.

use base64::{Engine, engine::general_purpose::STANDARD};
use mcp_support::{
    client::{Heard, Recorder},
    testing::Leg,
};
use rmcp::{
    ServiceError,
    model::{
        CacheScope, ContentBlock, GetPromptRequestParams, ReadResourceRequestParams, ResourceContents,
        SubscriptionFilter,
    },
};
use serde_json::{Value, json};

use crate::{Client, good, inline, picture, png, program, structure, text};

async fn read(client: &Client, uri: &str) -> anyhow::Result<(Vec<u8>, String)> {
    let result = client.read_resource(ReadResourceRequestParams::new(uri)).await?;
    assert_eq!(result.contents.len(), 1);
    Ok(match result.contents.into_iter().next() {
        Some(ResourceContents::BlobResourceContents { blob, mime_type, .. }) => {
            (STANDARD.decode(blob)?, mime_type.unwrap_or_default())
        }
        Some(ResourceContents::TextResourceContents { text, mime_type, .. }) => {
            (text.into_bytes(), mime_type.unwrap_or_default())
        }
        _ => anyhow::bail!("no contents"),
    })
}

#[tokio::test]
async fn a_file_lives_from_import_to_deletion_on_every_leg() -> anyhow::Result<()> {
    let program = program();
    let file = png(40, 30);
    for leg in Leg::ALL {
        let client = program.client(leg, Recorder::default()).await?;
        let kept = good(&client, "import_media", json!({"source": inline(&file, "image/png"), "name": "red"})).await?;
        let uri = structure(&kept)["uri"].as_str().expect("a handle").to_owned();
        let listed = client.list_all_resources().await?;
        assert!(listed.iter().any(|resource| resource.uri == uri && resource.size == Some(file.len() as u64)), "{leg}");

        assert_eq!(read(&client, &uri).await?, (file.clone(), "image/png".to_owned()), "{leg}");
        let (metadata, mime) = read(&client, &format!("{uri}/metadata")).await?;
        let metadata: Value = serde_json::from_slice(&metadata)?;
        assert_eq!((mime.as_str(), &metadata["name"]), ("application/json", &json!("red")), "{leg}");
        let (thumbnail, mime) = read(&client, &format!("{uri}/thumbnail")).await?;
        assert_eq!(mime, "image/jpeg");
        assert_eq!(image::load_from_memory(&thumbnail)?.width(), 40, "{leg}: small images are not enlarged");

        let seen = good(&client, "analyze_image", json!({"source": {"uri": uri}})).await?;
        assert_eq!(structure(&seen)["general"]["dominant_colors"][0]["hex"], "#c81e1e", "{leg}");
        good(&client, "delete_media", json!({"uri": uri})).await?;
        let gone = client.read_resource(ReadResourceRequestParams::new(uri.clone())).await;
        let Err(ServiceError::McpError(error)) = gone else { panic!("{leg}: still there") };
        let modern = leg.revision == mcp_support::client::Revision::Modern;
        assert_eq!(error.code.0, if modern { -32602 } else { -32002 }, "{leg}");
        assert_eq!(error.data.expect("data")["uri"], json!(uri), "{leg}");
    }
    Ok(())
}

#[tokio::test]
async fn large_results_are_linked_and_previewed() -> anyhow::Result<()> {
    let program = program();
    let client = crate::client(&program).await?;
    let arguments = json!({"prompt": "a forest", "style": "realistic", "width": 1200, "height": 900});
    let painted = good(&client, "generate_image", arguments).await?;
    let link = painted.content.iter().find_map(ContentBlock::as_resource_link).expect("a link");
    let preview = picture(&painted)?;
    assert!(preview.width() <= 512, "the preview is small");
    let (original, mime) = read(&client, &link.uri).await?;
    assert_eq!(mime, "image/png");
    let original = image::load_from_memory(&original)?;
    assert_eq!((original.width(), original.height()), (1200, 900));
    let annotations = link.annotations.as_ref().expect("annotations");
    assert!(annotations.priority.is_some_and(|priority| priority < 0.5), "big blobs are kept away from the model");
    Ok(())
}

#[tokio::test]
async fn the_list_is_paged_private_and_announced() -> anyhow::Result<()> {
    let program = program();
    let client = crate::client(&program).await?;
    let mut subscription = client.listen(SubscriptionFilter::builder().resources_list_changed().build()).await?;
    for number in 0..60 {
        let source = inline(&png(number + 1, 1), "image/png");
        good(&client, "import_media", json!({"source": source, "name": format!("file {number}")})).await?;
    }
    let heard = tokio::time::timeout(mcp_support::testing::PATIENCE, subscription.next()).await??;
    assert_eq!(serde_json::to_value(heard)?["method"], "notifications/resources/list_changed");
    let page = client.list_resources(None).await?;
    assert_eq!((page.resources.len(), page.cache_scope), (51, Some(CacheScope::Private)), "with the about page");
    assert!(page.next_cursor.is_some());
    assert_eq!(client.list_all_resources().await?.len(), 61);
    let forged = rmcp::model::PaginatedRequestParams::default().with_cursor(Some("forged".to_owned()));
    let refused = client.list_resources(Some(forged)).await;
    assert!(matches!(refused, Err(ServiceError::McpError(error)) if error.code.0 == -32602));
    Ok(())
}

#[tokio::test]
async fn sessions_of_2025_11_25_hear_of_the_list_too() -> anyhow::Result<()> {
    let program = program();
    for leg in [Leg::ALL[0], Leg::ALL[2]] {
        let recorder = Recorder::default();
        let client = program.client(leg, recorder.clone()).await?;
        good(&client, "import_media", json!({"source": inline(&png(1, 1), "image/png")})).await?;
        assert!(recorder.wait_for(|heard| *heard == Heard::ListChanged("resources")).await.is_some(), "{leg}");
    }
    Ok(())
}

#[tokio::test]
async fn the_prompt_shows_the_image() -> anyhow::Result<()> {
    let program = program();
    let client = crate::client(&program).await?;
    let kept = good(&client, "import_media", json!({"source": inline(&png(20, 20), "image/png")})).await?;
    let mut params = GetPromptRequestParams::new("describe_media");
    params.arguments = json!({"uri": structure(&kept)["uri"], "question": "What colour?"}).as_object().cloned();
    let prompt = client.get_prompt(params).await?;
    let messages = serde_json::to_value(&prompt.messages)?;
    assert!(messages[0]["content"]["text"].as_str().is_some_and(|text| text.starts_with("What colour?")));
    assert_eq!(messages[1]["content"]["type"], "image");
    Ok(())
}

#[tokio::test]
async fn documents_hold_their_text_and_their_pictures() -> anyhow::Result<()> {
    let program = program();
    let client = crate::client(&program).await?;
    let kept =
        good(&client, "import_media", json!({"source": inline(&png(60, 40), "image/png"), "name": "red box"})).await?;
    let sections = json!([{"heading": "Heading", "text": "Some **bold** text.", "media": [structure(&kept)["uri"]]}]);
    let made = good(&client, "generate_document", json!({"title": "A title", "sections": sections})).await?;
    let (pdf, mime) = read(&client, structure(&made)["pdf"].as_str().expect("a handle")).await?;
    assert!(mime == "application/pdf" && pdf.starts_with(b"%PDF"), "{}", text(&made));
    let (markdown, mime) = read(&client, structure(&made)["markdown"].as_str().expect("a handle")).await?;
    let markdown = String::from_utf8(markdown)?;
    assert_eq!(mime, "text/markdown");
    assert!(markdown.contains("# A title") && markdown.contains("media://"), "{markdown}");
    Ok(())
}
