//! Nothing secret is in a log or in a file, and nothing but the protocol on stdout.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL};
use mcp_entra_id::tenant::known;
use mcp_support::{
    client::{Revision, call},
    testing::{RawStdio, request},
};
use serde_json::json;

use super::{
    fixture::{Stage, TOOL},
    person::Does,
};

/// How a JWT begins: `{"`.
const JWT: &str = "eyJ";

#[tokio::test]
async fn no_token_no_code_and_no_verifier_at_the_finest_level() -> anyhow::Result<()> {
    let stage = Stage::set_with(|settings| settings.access_seconds = 200).await?.with_folder();
    let stage = stage.with("RUST_LOG", "trace,rmcp=trace");
    for revision in Revision::ALL {
        let person = stage.person(Does::SignsIn(known::ADA));
        let client = stage.client(revision, person.clone()).await?;
        // A sign-in, a refresh, a sign-out.
        for tool in [TOOL, TOOL, "auth_status"] {
            call(&client, tool, json!({})).await?;
        }
        for file in std::fs::read_dir(stage.cache())? {
            let content = std::fs::read(file?.path())?;
            for clear in [JWT, "refresh", known::ADA] {
                assert!(!content.windows(clear.len()).any(|part| part == clear.as_bytes()), "{clear} is in a file");
            }
        }
        call(&client, "sign_out", json!({})).await?;
        client.cancel().await?;
    }
    let log = stage.log();
    assert!(log.lines().count() > 100 && log.contains("TRACE"), "it was the finest level");
    for secret in
        [JWT, "code=", "refresh_token", "code_verifier", "access_token\":\"", "id_token", "Bearer", "client_info="]
    {
        let found = log.lines().find(|line| line.contains(secret));
        assert_eq!(found, None, "{secret}");
    }
    // What a verifier looks like: 43 characters whose hash stands in the link.
    let links: Vec<_> = log.split("code_challenge=").skip(1).map(|rest| rest[..43].to_owned()).collect();
    for word in log.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-' && letter != '_') {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, word.as_bytes());
        assert!(!links.contains(&BASE64URL.encode(hash)), "a verifier is in the log");
    }
    assert!(!log.contains(stage.password()), "the password");
    Ok(())
}

#[tokio::test]
async fn stdout_is_the_protocols() -> anyhow::Result<()> {
    for revision in Revision::ALL {
        let mut raw = RawStdio::start_with(
            std::path::Path::new(env!("CARGO_BIN_EXE_mcp-entra-id")),
            &[("RUST_LOG", "trace,rmcp=trace")],
        )?;
        raw.open(revision).await?;
        for (id, tool) in [(1, TOOL), (2, "auth_status"), (3, "sign_out")] {
            let params = json!({"name": tool, "arguments": {}});
            raw.send(&request(revision, id, "tools/call", params)).await?;
            let answer = raw.answer(&json!(id)).await?;
            assert!(answer["result"].is_object(), "{revision} {tool}: {answer}");
        }
        raw.close_input();
        let (status, rest) = raw.wait().await?;
        assert!(status.success() && rest.is_empty(), "{revision}: {rest}");
    }
    Ok(())
}
