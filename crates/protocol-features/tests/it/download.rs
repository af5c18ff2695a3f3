//! Downloads: to the end, over the cap, broken off, cancelled.

use std::time::Duration;

use mcp_support::{
    client::{Heard, Recorder, call},
    testing::{Leg, Program},
};
use rmcp::model::{CallToolRequest, CallToolRequestParams, ClientRequest};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{program, structure, text};

/// A web server that sends `chunks` of 64 KiB, a pause after each, and then breaks off or ends.
async fn web_server(chunks: usize, pause: Duration, announced: usize) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                // The request; what it says does not matter.
                let _ = stream.read(&mut [0; 4096]).await?;
                let head =
                    format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {announced}\r\n\r\n");
                stream.write_all(head.as_bytes()).await?;
                for _ in 0..chunks {
                    stream.write_all(&[b'x'; 65_536]).await?;
                    tokio::time::sleep(pause).await;
                }
                std::io::Result::Ok(())
            });
        }
    });
    Ok(address)
}

fn allowed(host: &str) -> Program {
    program().with_env("PROTOCOL_FEATURES_FETCH_HOSTS", host)
}

#[tokio::test]
async fn a_file_arrives_whole_with_progress() -> anyhow::Result<()> {
    let host = web_server(8, Duration::from_millis(60), 8 * 65_536).await?;
    let program = allowed(&host);
    for leg in Leg::ALL {
        let recorder = Recorder::default();
        let client = program.client(leg, recorder.clone()).await?;
        let result = call(&client, "download_file", json!({"url": format!("http://{host}/file")})).await?;
        assert_eq!(structure(&result)["digest"]["bytes"], 8 * 65_536, "{leg}: {}", text(&result));
        assert_eq!(structure(&result)["content_type"], "text/plain", "{leg}");
        assert!(recorder.wait_for(|heard| matches!(heard, Heard::Progress(_, None, _))).await.is_some(), "{leg}");
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_does_not_arrive_leaves_nothing_behind() -> anyhow::Result<()> {
    let broken = web_server(2, Duration::ZERO, 10 * 65_536).await?;
    let slow = web_server(1000, Duration::from_millis(50), 1000 * 65_536).await?;
    let huge = web_server(1, Duration::ZERO, 100 * 1024 * 1024).await?;
    let program = allowed(&format!("{broken},{slow},{huge}"));
    let client = program.client(Leg::ALL[3], Recorder::default()).await?;
    for (host, says) in [(&broken, "broke off"), (&huge, "larger than")] {
        let result = call(&client, "download_file", json!({"url": format!("http://{host}/")})).await?;
        assert!(result.is_error == Some(true) && text(&result).contains(says), "{}", text(&result));
    }
    client.cancel().await?;
    let recorder = Recorder::default();
    let client = program.client(Leg::ALL[3], recorder.clone()).await?;
    let mut params = CallToolRequestParams::new("download_file");
    params.arguments = json!({"url": format!("http://{slow}/")}).as_object().cloned();
    let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
    let downloading = client.send_request_with_option(request, rmcp::service::PeerRequestOptions::no_options()).await?;
    assert!(recorder.wait_for(|heard| matches!(heard, Heard::Progress(..))).await.is_some());
    assert_eq!(structure(&call(&client, "render_status", json!({})).await?)["downloads"], 1, "it is on its way");
    downloading.cancel(None).await?;
    for _ in 0..100 {
        if structure(&call(&client, "render_status", json!({})).await?)["downloads"] == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("a partial file is left")
}
