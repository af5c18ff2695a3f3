//! Ten thousand malformed messages on each transport: no crash, no hang, and the next good message gets its answer.

use mcp_support::{
    client::Revision,
    testing::{RawHttp, RawStdio, request},
};
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use crate::{probe, text, tool};

const MESSAGES: usize = 10_000;
/// A good message comes after so many bad ones.
const EVERY: usize = 50;

/// The seed stands in the failure message of each assertion.
const SEED: u64 = 0x5_02;

/// One line that is malformed in one of many ways. It holds no line feed.
fn malformed(random: &mut StdRng, revision: Revision) -> Vec<u8> {
    let methods = [
        "tools/call",
        "tools/list",
        "resources/read",
        "prompts/get",
        "initialize",
        "server/discover",
        "subscriptions/listen",
        "completion/complete",
        "logging/setLevel",
        "tasks/get",
        "ping",
        "",
        "\u{1F980}",
    ];
    let method = *methods.choose(random).unwrap_or(&"");
    let good = request(revision, random.random::<u32>(), method, tool("echo", json!({"text": "bad"})));
    let mut bytes = match random.random_range(0..12) {
        // Cut off.
        0 => {
            let text = good.to_string().into_bytes();
            let end = random.random_range(0..text.len());
            text[..end].to_vec()
        }
        // Bytes turned over.
        1 => {
            let mut text = good.to_string().into_bytes();
            for _ in 0..random.random_range(1..8) {
                let at = random.random_range(0..text.len());
                text[at] = random.random();
            }
            text
        }
        // Noise.
        2 => (0..random.random_range(0..200)).map(|_| random.random::<u8>()).collect(),
        // Fields of the wrong type.
        3..=6 => {
            let mut message = good;
            let field = *["jsonrpc", "id", "method", "params"].choose(random).unwrap_or(&"id");
            message[field] = junk(random, 0);
            message.to_string().into_bytes()
        }
        // Parameters of the wrong type.
        7..=9 => {
            let mut message = good;
            let field = *["name", "arguments", "_meta", "uri", "cursor"].choose(random).unwrap_or(&"name");
            message["params"][field] = junk(random, 0);
            message.to_string().into_bytes()
        }
        // Fields that are missing.
        10 => {
            let mut message = good;
            if let Some(object) = message.as_object_mut() {
                object.remove(*["jsonrpc", "id", "method", "params"].choose(random).unwrap_or(&"id"));
            }
            message.to_string().into_bytes()
        }
        // Nested without end.
        _ => {
            let depth = random.random_range(1..3000);
            format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{}", "[".repeat(depth))
                .into_bytes()
        }
    };
    bytes.retain(|byte| *byte != b'\n');
    bytes
}

fn junk(random: &mut StdRng, depth: u32) -> Value {
    match random.random_range(0..if depth > 3 { 6 } else { 8 }) {
        0 => Value::Null,
        1 => json!(random.random::<bool>()),
        2 => json!(random.random::<i64>()),
        3 => json!(random.random::<f64>() * 1e300),
        4 => json!("\u{0}\u{7f}\u{feff}\\\"".repeat(random.random_range(0..20))),
        5 => json!("x".repeat(random.random_range(0..2000))),
        6 => (0..random.random_range(0..4)).map(|_| junk(random, depth + 1)).collect(),
        _ => (0..random.random_range(0..4)).map(|_| (random.next_u32().to_string(), junk(random, depth + 1))).collect(),
    }
}

#[tokio::test]
async fn on_the_pipe() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let mut random = StdRng::seed_from_u64(SEED);
        let mut stdio = RawStdio::start(env!("CARGO_BIN_EXE_probe").as_ref())?;
        stdio.open(revision).await?;
        for number in 0..MESSAGES / 2 / EVERY {
            let mut lines = Vec::new();
            for _ in 0..EVERY {
                lines.extend(malformed(&mut random, revision));
                lines.push(b'\n');
            }
            stdio.send_bytes(&lines).await?;
            let id = format!("good {number}");
            let good = tool("echo", json!({"text": id}));
            stdio.send(&request(revision, id.clone(), "tools/call", good)).await?;
            let answer = stdio.answer(&json!(id)).await?;
            assert_eq!(text(&answer), id, "seed {SEED}, {revision}");
        }
        stdio.close_input();
        let (status, _) = stdio.wait().await?;
        assert!(status.success(), "seed {SEED}, {revision}: {status}");
    }
    Ok(())
}

#[tokio::test]
async fn on_the_url() -> anyhow::Result<()> {
    let probe = probe();
    let server = probe.http().await?;
    for revision in Revision::ALL {
        let mut random = StdRng::seed_from_u64(SEED);
        let http = RawHttp::open(&server.url, revision).await?;
        for number in 0..MESSAGES / 2 / EVERY {
            let posts = (0..EVERY).map(|_| {
                let body = malformed(&mut random, revision);
                // Where the body still says what it is, the headers agree with it, so that it gets past their check.
                let message = serde_json::from_slice(&body).unwrap_or_else(|_| json!({"method": "tools/call"}));
                let headers = http.headers(&message, Default::default());
                let http = http.clone();
                // Some open a stream that stays open: the answer's head is what has to come.
                async move { anyhow::Ok(http.head(body, headers).await?.as_u16()) }
            });
            for status in futures::future::try_join_all(posts).await? {
                assert!((200..500).contains(&status), "seed {SEED}, {revision}: {status}");
            }
            let id = format!("good {number}");
            let reply = http.request(id.clone(), "tools/call", tool("echo", json!({"text": id}))).await?;
            assert_eq!(text(reply.answer()), id, "seed {SEED}, {revision}");
        }
    }
    assert!(!server.log().contains("panicked"), "{}", server.log());
    Ok(())
}
