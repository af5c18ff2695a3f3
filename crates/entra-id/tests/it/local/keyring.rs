//! A real keyring on a session bus of its own: GNOME's, which speaks the Secret Service protocol.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::Context as _;
use mcp_entra_id::tenant::known;
use mcp_support::client::{Revision, call};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
};

use super::{
    fixture::{Stage, TOOL, structure, text},
    person::Does,
};

/// Both end when it is dropped.
struct Keyring {
    _bus: Child,
    _daemon: Child,
    address: String,
}

fn is_installed(program: &str) -> bool {
    let mut asking = std::process::Command::new(program);
    asking.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    asking.status().is_ok_and(|status| status.success())
}

/// A bus that starts nothing by itself: a second keyring would, locked and with nobody to unlock it.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow eavesdrop="false"/><allow own="*"/></policy></busconfig>"#;

/// A keyring that keeps its secrets under `home`, unlocked.
async fn start(home: &Path) -> anyhow::Result<Keyring> {
    let config = home.join("bus.conf");
    std::fs::write(&config, BUS)?;
    let mut bus = Command::new("dbus-daemon")
        .arg(format!("--config-file={}", config.display()))
        .args(["--nofork", "--nosyslog", "--print-address"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(bus.stdout.take().context("stdout is piped")?).lines();
    let first = tokio::time::timeout(Duration::from_secs(10), lines.next_line());
    let address = first.await.context("no bus")??.context("the bus has ended")?;
    let mut daemon = Command::new("gnome-keyring-daemon")
        .args(["--foreground", "--unlock", "--components=secrets"])
        .env("DBUS_SESSION_BUS_ADDRESS", &address)
        .envs(["HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME"].map(|name| (name, home)))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    // It makes a keyring with this password at its first start.
    let mut stdin = daemon.stdin.take().context("stdin is piped")?;
    stdin.write_all(b"a password of this test\n").await?;
    drop(stdin);
    let keyring = Keyring { _bus: bus, _daemon: daemon, address };
    ready(&keyring).await?;
    Ok(keyring)
}

/// Waits until the keyring has a collection that new secrets go to.
async fn ready(keyring: &Keyring) -> anyhow::Result<()> {
    for _ in 0..200 {
        let mut asking = Command::new("dbus-send");
        asking.args(["--print-reply=literal", "--dest=org.freedesktop.secrets", "/org/freedesktop/secrets"]);
        asking.args(["org.freedesktop.Secret.Service.ReadAlias", "string:default"]);
        let told = asking.env("DBUS_SESSION_BUS_ADDRESS", &keyring.address).output().await?;
        if String::from_utf8_lossy(&told.stdout).contains("/collection/") {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("the keyring does not answer")
}

#[tokio::test]
async fn the_key_is_in_the_keyring_and_the_tokens_are_worthless_without_it() -> anyhow::Result<()> {
    if cfg!(not(target_os = "linux")) || !is_installed("dbus-daemon") || !is_installed("gnome-keyring-daemon") {
        let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        anyhow::ensure!(!ci || cfg!(not(target_os = "linux")), "dbus and gnome-keyring are not installed");
        eprintln!("skipped: dbus or gnome-keyring is not installed");
        return Ok(());
    }
    let (home, other_home, data) = (tempfile::tempdir()?, tempfile::tempdir()?, tempfile::tempdir()?);
    let kept = data.path().join("mcp-entra-id");
    let data = data.path().display().to_string();
    let keyring = start(home.path()).await?;
    let stage = Stage::set().await?.with("XDG_DATA_HOME", &data).with("DBUS_SESSION_BUS_ADDRESS", &keyring.address);
    for (round, place) in [None, Some("keyring"), None].into_iter().enumerate() {
        // Without a setting it is the keyring too, because there is one.
        let variables = match place {
            Some(place) => stage.clone_with("ENTRA_TOKEN_CACHE", place),
            None => stage.clone_without("ENTRA_TOKEN_CACHE"),
        };
        let person = stage.person(Does::SignsIn(known::ADA));
        let client = stage.client_with(&variables, Revision::ALL[round % 2], person.clone()).await?;
        let result = call(&client, TOOL, json!({})).await?;
        assert_eq!(structure(&result)["user_principal_name"], known::ADA, "{round}: {}", text(&result));
        assert_eq!(person.asked().len(), usize::from(round == 0), "{round}");
        let status = call(&client, "auth_status", json!({})).await?;
        assert!(text(&status).contains("operating system's keyring"), "{}", text(&status));
        client.cancel().await?;
    }
    assert!(!kept.join("key").exists(), "the key is in no file");

    // The file alone, with another keyring, as a thief of the disk would have it.
    drop(keyring);
    let other = start(other_home.path()).await?;
    let stage = stage.with("ENTRA_TOKEN_CACHE", "keyring").with("DBUS_SESSION_BUS_ADDRESS", &other.address);
    let client = stage.client(Revision::Modern, stage.person(Does::Nothing)).await?;
    let status = call(&client, "auth_status", json!({})).await?;
    assert_eq!(structure(&status)["signed_in"], false, "{}", text(&status));
    client.cancel().await?;
    Ok(())
}
