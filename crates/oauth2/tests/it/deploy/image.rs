//! The image: what it is built from, and what a container of it does.

use std::{collections::BTreeMap, process::Stdio};

use mcp_support::testing::PATIENCE;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use super::{context, dockerfile::Image, file, the_dockerfile};
use crate::fixture::{PASSWORD, SECRET};

const BINARY: &str = env!("CARGO_BIN_EXE_mcp-oauth2");

fn flag<'a>(command: &'a str, name: &str) -> Option<&'a str> {
    command.split_whitespace().skip_while(|word| *word != name).nth(1)
}

#[test]
fn it_is_built_from_what_is_there_with_versions_that_fit() {
    let dockerfile = the_dockerfile();
    for stage in &dockerfile.stages {
        let (_, tag) = stage.base.split_once(':').unwrap_or_else(|| panic!("{} has no version", stage.base));
        assert!(tag.starts_with(|first: char| first.is_ascii_digit()), "{} is a moving target", stage.base);
    }
    let toolchain = dockerfile.stages[0].base.strip_prefix("rust:").expect("a toolchain");
    let parts = |version: &str| -> Vec<u32> { version.split(['.', '-']).map_while(|part| part.parse().ok()).collect() };
    assert!(parts(toolchain) >= parts(env!("CARGO_PKG_RUST_VERSION")), "{toolchain} is too old for this crate");

    let build = &dockerfile.stages[0];
    for sources in build.all("COPY") {
        let (from, _to) = sources.rsplit_once(' ').expect("sources and a target");
        for source in from.split_whitespace() {
            assert!(context().join(source).exists(), "{source}");
        }
    }
    let cargo: Vec<&str> = build.all("RUN").filter(|command| command.starts_with("cargo ")).collect();
    let [test, release] = cargo.as_slice() else { panic!("{cargo:?}") };
    assert!(test.starts_with("cargo test ") && release.starts_with("cargo build "), "the tests run first: {cargo:?}");
    for command in &cargo {
        assert_eq!(flag(command, "--package"), Some(env!("CARGO_PKG_NAME")), "{command}");
        assert!(command.contains("--locked"), "{command}");
    }
    assert!(release.contains("--release"));
    let name = std::path::Path::new(BINARY).file_stem().and_then(|name| name.to_str());
    assert_eq!(flag(release, "--bin"), name);

    let copied: Vec<&str> = dockerfile.last().all("COPY").collect();
    let [copied] = copied.as_slice() else { panic!("only the binary is taken over: {copied:?}") };
    let words: Vec<&str> = copied.split_whitespace().collect();
    let workdir = build.all("WORKDIR").next().expect("a folder");
    let built = format!("{workdir}/target/release/{}", name.expect("a name"));
    let stage = build.name.as_deref().expect("a name");
    assert_eq!(words, [format!("--from={stage}"), built, format!("/usr/local/bin/{}", name.expect("a name"))]);
}

#[test]
fn nothing_secret_gets_into_a_layer_and_it_runs_as_nobody() -> anyhow::Result<()> {
    let dockerfile = the_dockerfile();
    for (keyword, rest) in dockerfile.stages.iter().flat_map(|stage| &stage.instructions) {
        let is_set = matches!(keyword.as_str(), "ENV" | "ARG");
        let names = ["SECRET", "PASSWORD", "TOKEN", "KEY", "CREDENTIAL"];
        assert!(!is_set || !names.iter().any(|name| rest.to_uppercase().contains(name)), "{keyword} {rest}");
    }
    let ignored = file("Dockerfile.dockerignore");
    let ignored: Vec<&str> = ignored.lines().filter(|line| !line.starts_with('#')).collect();
    for pattern in ["target", ".git", "**/.env", "**/*.sqlite", "**/*.pem", "**/*.key"] {
        assert!(ignored.contains(&pattern), "{pattern}");
    }
    let image = dockerfile.image()?;
    let ids: Vec<u32> = image.user.split(':').map(|id| id.parse().expect("a number")).collect();
    assert!(ids.len() == 2 && ids.iter().all(|id| *id >= 1000), "{}", image.user);
    // Nothing runs as root after that, and the data folder is that user's alone.
    let last = dockerfile.last();
    let position = |wanted: &str| last.instructions.iter().rposition(|(keyword, _)| keyword == wanted);
    assert!(position("USER") > position("RUN"));
    let data = &image.environment["OAUTH2_DATA"];
    let made = format!("install --directory --owner={} --group={} --mode=0700 {data}", ids[0], ids[1]);
    assert!(last.all("RUN").any(|command| command.contains(&made)), "{made}");
    assert_eq!(&image.volumes, std::slice::from_ref(data));
    Ok(())
}

/// A container of the image: the real program with the image's own arguments and variables.
struct Container {
    image: Image,
    environment: BTreeMap<String, String>,
}

impl Container {
    /// On a free port instead of its own, with a data folder of the test.
    fn new(data: &std::path::Path) -> anyhow::Result<Self> {
        let image = the_dockerfile().image()?;
        let mut environment = image.environment.clone();
        let bind: std::net::SocketAddr = environment["MCP_BIND"].parse()?;
        assert_eq!(image.ports, [bind.port()], "what is exposed is what is listened on");
        assert!(bind.ip().is_unspecified(), "a container's loopback is reached by nobody");
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        environment.insert("MCP_BIND".to_owned(), std::net::SocketAddr::new(bind.ip(), port).to_string());
        environment.insert("OAUTH2_DATA".to_owned(), data.to_str().expect("text").to_owned());
        Ok(Self { image, environment })
    }

    fn command(&self, words: &[String]) -> Command {
        assert_eq!(words[0], "mcp-oauth2", "{words:?}");
        let mut command = Command::new(BINARY);
        command.args(&words[1..]).env_clear().envs(&self.environment);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    fn start(&self, more: &[(&str, &str)]) -> anyhow::Result<Child> {
        let words: Vec<String> = self.image.entrypoint.iter().chain(&self.image.command).cloned().collect();
        Ok(self.command(&words).envs(more.iter().copied()).spawn()?)
    }

    async fn health(&self) -> anyhow::Result<(Option<i32>, String)> {
        let output = tokio::time::timeout(PATIENCE, self.command(&self.image.healthcheck).output()).await??;
        Ok((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

#[tokio::test]
async fn a_container_starts_is_healthy_and_is_not_when_the_server_is_gone() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let container = Container::new(data.path())?;
    let (code, said) = container.health().await?;
    assert_eq!((code, said.lines().count()), (Some(1), 1), "before there is a server: {said}");

    let unset = container.start(&[])?.wait_with_output().await?;
    let said = String::from_utf8_lossy(&unset.stderr).into_owned();
    assert!(unset.status.code() == Some(2) && said.contains("OAUTH2_PUBLIC_URL"), "{said}");

    let set = [
        ("OAUTH2_PUBLIC_URL", "https://mcp.example.com"),
        ("OAUTH_CLIENT_SECRET", SECRET),
        ("OAUTH_DEMO_PASSWORD", PASSWORD),
    ];
    let mut server = container.start(&set)?;
    let mut lines = BufReader::new(server.stderr.take().expect("piped")).lines();
    let line = tokio::time::timeout(PATIENCE, lines.next_line()).await??.expect("a line");
    assert!(line.starts_with("listening on "), "{line}");
    assert_eq!(container.health().await?, (Some(0), String::new()));
    assert!(std::fs::read_dir(data.path())?.count() > 0, "the volume holds the data");

    assert_eq!(container.image.stop_signal, "SIGTERM");
    Command::new("kill").args(["-TERM", &server.id().expect("running").to_string()]).status().await?;
    assert!(tokio::time::timeout(PATIENCE, server.wait()).await??.success());
    assert_eq!(container.health().await?.0, Some(1), "after it");
    Ok(())
}
