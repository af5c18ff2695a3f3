//! A small reader of Dockerfiles: stages, and what the last one has set when a container starts.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};

/// One stage, with its instructions in order.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) base: String,
    pub(super) name: Option<String>,
    pub(super) instructions: Vec<(String, String)>,
}

#[derive(Debug)]
pub(super) struct Dockerfile {
    pub(super) stages: Vec<Stage>,
}

/// What a container starts with.
#[derive(Debug, Default)]
pub(super) struct Image {
    pub(super) user: String,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) volumes: Vec<String>,
    pub(super) ports: Vec<u16>,
    pub(super) healthcheck: Vec<String>,
    pub(super) entrypoint: Vec<String>,
    pub(super) command: Vec<String>,
    pub(super) stop_signal: String,
}

const KNOWN: [&str; 13] = [
    "FROM",
    "RUN",
    "COPY",
    "WORKDIR",
    "USER",
    "ENV",
    "ARG",
    "VOLUME",
    "EXPOSE",
    "HEALTHCHECK",
    "ENTRYPOINT",
    "CMD",
    "STOPSIGNAL",
];

impl Dockerfile {
    pub(super) fn read(text: &str) -> anyhow::Result<Self> {
        let mut stages: Vec<Stage> = Vec::new();
        for line in logical_lines(text) {
            let (keyword, rest) = line.split_once(char::is_whitespace).with_context(|| line.clone())?;
            let (keyword, rest) = (keyword.to_ascii_uppercase(), rest.trim().to_owned());
            ensure!(KNOWN.contains(&keyword.as_str()), "an instruction that this reader does not know: {line}");
            if keyword == "FROM" {
                let words: Vec<&str> = rest.split_whitespace().collect();
                let (base, name) = match words.as_slice() {
                    [base] => (*base, None),
                    [base, r#as, name] if r#as.eq_ignore_ascii_case("as") => (*base, Some((*name).to_owned())),
                    _ => bail!("{line}"),
                };
                stages.push(Stage { base: base.to_owned(), name, instructions: Vec::new() });
            } else {
                stages.last_mut().context("an instruction before FROM")?.instructions.push((keyword, rest));
            }
        }
        ensure!(!stages.is_empty(), "no stage");
        Ok(Self { stages })
    }

    pub(super) fn last(&self) -> &Stage {
        self.stages.last().expect("at least one")
    }

    /// What the last stage leaves behind.
    pub(super) fn image(&self) -> anyhow::Result<Image> {
        let mut image = Image::default();
        for (keyword, rest) in &self.last().instructions {
            match keyword.as_str() {
                "USER" => image.user = rest.clone(),
                "ENV" => {
                    for pair in rest.split_whitespace() {
                        let (name, value) = pair.split_once('=').with_context(|| format!("ENV {pair}"))?;
                        image.environment.insert(name.to_owned(), value.to_owned());
                    }
                }
                "VOLUME" => image.volumes.push(rest.clone()),
                "EXPOSE" => image.ports.push(rest.parse().with_context(|| format!("EXPOSE {rest}"))?),
                "STOPSIGNAL" => image.stop_signal = rest.clone(),
                "ENTRYPOINT" => image.entrypoint = exec_form(rest)?,
                "CMD" => image.command = exec_form(rest)?,
                "HEALTHCHECK" => {
                    let (_, command) = rest.split_once("CMD").with_context(|| format!("HEALTHCHECK {rest}"))?;
                    image.healthcheck = exec_form(command)?;
                }
                _ => {}
            }
        }
        Ok(image)
    }
}

impl Stage {
    /// The arguments of all instructions of a kind.
    pub(super) fn all<'a>(&'a self, keyword: &'a str) -> impl Iterator<Item = &'a str> {
        self.instructions.iter().filter(move |(known, _)| known == keyword).map(|(_, rest)| rest.as_str())
    }
}

/// Without a shell, which the image need not have, and which would take the signals.
fn exec_form(text: &str) -> anyhow::Result<Vec<String>> {
    serde_json::from_str(text.trim()).with_context(|| format!("not in exec form: {text}"))
}

/// Comments and empty lines away, and what a backslash continues put together.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_suffix('\\') {
            Some(part) => open += part,
            None => lines.push(std::mem::take(&mut open) + line),
        }
    }
    lines
}
