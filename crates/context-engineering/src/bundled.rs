//! The corpus that ships with this program: an invented firm's documents, and questions that people judged.

use std::path::Path;

use anyhow::{Context as _, ensure};
use chrono::NaiveDate;
use serde::Deserialize;

use crate::document::{About, Document, Kind};

const MANIFEST: &str = include_str!("../corpus/documents.toml");
const QUESTIONS: &str = include_str!("../corpus/questions.toml");

macro_rules! files {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../corpus/documents/", $name)))),*] };
}

const FILES: &[(&str, &str)] = &files![
    "adr-0009-observation-store.md",
    "adr-0011-station-messaging.md",
    "adr-0014-time-in-utc.md",
    "adr-0017-api-keys.md",
    "adr-0021-columnar-store.md",
    "adr-0024-jetstream.md",
    "adr-0027-five-minute-interval.md",
    "adr-0030-map-tiles.md",
    "almanac_limits.rs",
    "api-almanac-v1.md",
    "api-almanac-v2.md",
    "api-errors.md",
    "api-webhooks.html",
    "arch-alerting-bellman.md",
    "arch-ingest-gullet.md",
    "arch-platform-2026.md",
    "arch-platform-overview.md",
    "arch-quality-control.md",
    "arch-station-hardware.md",
    "bellman_frost.rs",
    "changelog-almanac.md",
    "changelog-gullet.md",
    "changelog-wren-firmware.md",
    "contract-varn-roads-summary.md",
    "faq-customers.html",
    "faq-station-hosts.md",
    "ferry_export.py",
    "glossary.md",
    "gullet_window.rs",
    "handbook-onboarding.md",
    "mail-2025-07-30-road-authority.txt",
    "mail-2026-04-13-grower-complaint.txt",
    "mail-2026-08-27-lightning-damage.txt",
    "mail-2026-11-03-price-change.txt",
    "meeting-2025-03-27-platform.md",
    "meeting-2025-10-16-budget.md",
    "meeting-2026-02-05-field-operations.md",
    "meeting-2026-06-11-product.md",
    "meeting-2026-10-22-platform.md",
    "policy-change-management.md",
    "policy-data-licence.html",
    "policy-on-call-2025.md",
    "policy-on-call-2026.md",
    "policy-retention-and-privacy.md",
    "policy-travel-and-expenses.md",
    "postmortem-inc-2025-031.md",
    "postmortem-inc-2026-007.md",
    "postmortem-inc-2026-019.md",
    "report-density.md",
    "runbook-alert-storm.md",
    "runbook-certificates.md",
    "runbook-ingest-backlog.md",
    "runbook-restore.md",
    "runbook-station-silent.md",
    "runbook-store-disk.md",
    "sieve_checks.py",
    "station-log-ost-0417.txt",
    "support-replies.md",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    document: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    title: String,
    date: NaiveDate,
    source: String,
    category: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Questions {
    question: Vec<Question>,
}

/// A question with what answers it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name.
    pub id: String,
    /// What makes it hard, such as `paraphrase`.
    pub kind: String,
    /// Kept back until the retrieval had been tuned on the others.
    pub held_out: bool,
    /// As a person asks it.
    pub question: String,
    /// Each line must be in the context; the entries of a line are alternatives.
    pub answers: Vec<Vec<Answer>>,
    /// The documents that matter, with grades from 1 to 3.
    pub relevant: Vec<Relevant>,
}

/// Words of a document that answer a question, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Id of the document.
    pub document: String,
    /// The words, once in it.
    pub span: String,
}

/// How much a document matters for a question.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relevant {
    /// Id of the document.
    pub document: String,
    /// 3 answers it, or a part of it; 2 helps; 1 is about the same thing, or is out of date.
    pub grade: u8,
}

/// The documents.
///
/// # Errors
/// The manifest does not fit the files.
pub fn documents() -> anyhow::Result<Vec<Document>> {
    let manifest: Manifest = toml::from_str(MANIFEST).context("corpus/documents.toml")?;
    ensure!(manifest.document.len() == FILES.len(), "{} documents in the manifest", manifest.document.len());
    let documents = manifest.document.into_iter().map(|Entry { id, title, date, source, category }| {
        let (_, text) = FILES.iter().find(|(name, _)| *name == id).with_context(|| format!("no file {id}"))?;
        let about = About { title, source, category, date: Some(date) };
        Ok(Document::new(&id, Kind::of(Path::new(&id)), text, about)?)
    });
    documents.collect()
}

/// The questions, in the order of the file.
///
/// # Errors
/// The file cannot be read.
pub fn questions() -> anyhow::Result<Vec<Question>> {
    let questions: Questions = toml::from_str(QUESTIONS).context("corpus/questions.toml")?;
    Ok(questions.question)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::evaluate::place;

    #[test]
    fn every_file_of_the_folder_is_bundled() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/documents");
        let there: BTreeSet<String> = std::fs::read_dir(folder)
            .expect("the folder is part of the crate")
            .map(|entry| entry.expect("a file").file_name().into_string().expect("a name"))
            .collect();
        let bundled: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(there, bundled);
        assert_eq!(documents().expect("readable").len(), bundled.len());
    }

    #[test]
    fn every_answer_stands_in_its_document() {
        let documents = documents().expect("readable");
        let find = |id: &str| documents.iter().find(|document| document.id == id);
        let mut ids = BTreeSet::new();
        for question in questions().expect("readable") {
            assert!(ids.insert(question.id.clone()), "{} twice", question.id);
            assert!(!question.answers.is_empty() && question.answers.iter().all(|line| !line.is_empty()));
            for answer in question.answers.iter().flatten() {
                let document = find(&answer.document).unwrap_or_else(|| panic!("{}: {}", question.id, answer.document));
                assert!(
                    place(document, &answer.span).is_some(),
                    "{}: {:?}\n{}",
                    question.id,
                    answer.span,
                    document.text
                );
                let graded = question.relevant.iter().any(|relevant| relevant.document == answer.document);
                assert!(graded, "{}: {} has no grade", question.id, answer.document);
            }
            for relevant in &question.relevant {
                assert!(find(&relevant.document).is_some() && (1..=3).contains(&relevant.grade), "{}", question.id);
            }
        }
    }
}
