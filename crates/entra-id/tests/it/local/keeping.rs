//! The token cache, as the real binary uses it.

use mcp_entra_id::tenant::known;
use mcp_support::client::{Revision, call};
use serde_json::json;

use super::{
    fixture::{Stage, TOOL, structure, text},
    person::Does,
};

#[tokio::test]
async fn a_sign_in_outlives_the_process() -> anyhow::Result<()> {
    let stage = Stage::set().await?.with_folder();
    for (round, revision) in [Revision::Legacy, Revision::Modern, Revision::Legacy].into_iter().enumerate() {
        let person = stage.person(Does::SignsIn(known::ADA));
        let client = stage.client(revision, person.clone()).await?;
        let result = call(&client, TOOL, json!({})).await?;
        assert_eq!(structure(&result)["user_principal_name"], known::ADA, "{revision}: {}", text(&result));
        assert_eq!(person.asked().len(), usize::from(round == 0), "{revision}");
        let status = call(&client, "auth_status", json!({})).await?;
        let folder = stage.cache().display().to_string();
        assert!(text(&status).contains(&folder) && text(&status).contains("encrypted"), "{}", text(&status));
        client.cancel().await?;
    }
    Ok(())
}

#[tokio::test]
async fn two_processes_share_a_sign_in_and_a_sign_out() -> anyhow::Result<()> {
    let stage = Stage::set().await?.with_folder();
    let (one, two) = (stage.person(Does::SignsIn(known::ADA)), stage.person(Does::SignsIn(known::GRACE)));
    let first = stage.client(Revision::Modern, one.clone()).await?;
    let second = stage.client(Revision::Legacy, two.clone()).await?;
    call(&first, TOOL, json!({})).await?;
    let result = call(&second, TOOL, json!({})).await?;
    assert_eq!(structure(&result)["user_principal_name"], known::ADA, "{}", text(&result));
    assert!(two.asked().is_empty());
    call(&second, "sign_out", json!({})).await?;
    let status = call(&first, "auth_status", json!({})).await?;
    assert_eq!(structure(&status)["signed_in"], false, "{}", text(&status));
    first.cancel().await?;
    second.cancel().await?;
    Ok(())
}

#[tokio::test]
async fn a_damaged_cache_asks_again_and_says_so_once() -> anyhow::Result<()> {
    let stage = Stage::set().await?.with_folder();
    for damaged in ["tokens-", "key"] {
        let client = stage.client(Revision::Modern, stage.person(Does::SignsIn(known::ADA))).await?;
        call(&client, TOOL, json!({})).await?;
        client.cancel().await?;
        let file = std::fs::read_dir(stage.cache())?.filter_map(Result::ok).map(|entry| entry.path());
        let file = file
            .into_iter()
            .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(damaged)));
        std::fs::write(file.expect("a file"), "damage")?;

        let person = stage.person(Does::SignsIn(known::ADA));
        let before = stage.log().matches("does not open any more").count();
        let client = stage.client(Revision::Modern, person.clone()).await?;
        for _ in 0..3 {
            let status = call(&client, "auth_status", json!({})).await?;
            assert_eq!(structure(&status)["signed_in"], false, "{damaged}");
        }
        let result = call(&client, TOOL, json!({})).await?;
        assert_eq!(structure(&result)["user_principal_name"], known::ADA, "{damaged}: {}", text(&result));
        assert_eq!(person.asked().len(), 1, "{damaged}");
        client.cancel().await?;
        assert_eq!(stage.log().matches("does not open any more").count(), before + 1, "{damaged}");
    }
    Ok(())
}

#[tokio::test]
async fn without_a_keyring_and_a_folder_it_is_the_users_data_folder() -> anyhow::Result<()> {
    if cfg!(not(target_os = "linux")) {
        return Ok(());
    }
    let home = tempfile::tempdir()?;
    let path = home.path().display().to_string();
    let stage = Stage::set().await?.with("ENTRA_TOKEN_CACHE", "best").with("XDG_DATA_HOME", &path);
    let refused = stage.client(Revision::Modern, stage.person(Does::Nothing)).await;
    assert!(refused.is_err(), "not a place");
    assert!(stage.log().contains("expected memory, keyring or the path of a folder"), "{}", stage.log());

    // No session bus, so no Secret Service.
    let stage = Stage::set().await?.with("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    let stage = stage.with("ENTRA_TOKEN_CACHE", "keyring").with("XDG_DATA_HOME", &path);
    let refused = stage.client(Revision::Modern, stage.person(Does::Nothing)).await;
    assert!(refused.is_err() && stage.log().contains("error: there is no keyring"), "{}", stage.log());

    let stage = stage.without("ENTRA_TOKEN_CACHE");
    let client = stage.client(Revision::Modern, stage.person(Does::SignsIn(known::ADA))).await?;
    call(&client, TOOL, json!({})).await?;
    client.cancel().await?;
    let kept = home.path().join("mcp-entra-id");
    let names: Vec<_> = std::fs::read_dir(&kept)?.filter_map(Result::ok).map(|entry| entry.file_name()).collect();
    assert!(names.iter().any(|name| name.to_string_lossy().starts_with("tokens-")), "{names:?}");
    assert!(stage.log().contains("there is no keyring"), "{}", stage.log());
    Ok(())
}
