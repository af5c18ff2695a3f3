//! Text recognition with Tesseract and the languages that are installed for it (Debian: `tesseract-ocr` and
//! `tesseract-ocr-eng`, `-deu`, ...).
//!
//! R. Smith, An Overview of the Tesseract OCR Engine (ICDAR 2007).

mod language;
mod table;

use std::{path::PathBuf, time::Duration};

use async_trait::async_trait;

use super::{
    RecognizedText, TextRecognizer, checks,
    command::{self, Invocation},
    find_on_path,
};
use crate::error::MediaError;

/// What helps when a run fails although program and language are there.
const HINT: &str = "send the whole picture again, or ask the operator to check that tesseract runs";

/// The installed recognizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tesseract {
    program: PathBuf,
    deadline: Duration,
}

impl Tesseract {
    /// The recognizer on `PATH`, if there is one. `deadline` bounds each call.
    pub fn find(deadline: Duration) -> Option<Self> {
        find_on_path("tesseract").map(|program| Self::at(program, deadline))
    }

    /// The recognizer at this path.
    pub fn at(program: PathBuf, deadline: Duration) -> Self {
        Self { program, deadline }
    }

    /// The installed languages in Tesseract's own codes, such as `deu` and `chi_sim`, in order.
    ///
    /// # Errors
    /// [`MediaError::Engine`] when the program is missing, late, or fails.
    pub async fn languages(&self) -> Result<Vec<String>, MediaError> {
        let output = self.run(&["--list-langs"], None).await?;
        Ok(installed_languages(&output))
    }

    async fn run(&self, arguments: &[&str], input: Option<(&str, &[u8])>) -> Result<String, MediaError> {
        command::run(&Invocation {
            engine: &self.name(),
            program: &self.program,
            arguments,
            input,
            deadline: self.deadline,
            hint: HINT,
        })
        .await
    }
}

#[async_trait]
impl TextRecognizer for Tesseract {
    fn name(&self) -> String {
        "tesseract".to_owned()
    }

    async fn recognize(&self, png: &[u8], language: Option<&str>) -> Result<RecognizedText, MediaError> {
        checks::check_png(png)?;
        let candidates = language::candidates(language.unwrap_or("en"))?;
        let installed = self.languages().await?;
        // Only a code that is in Tesseract's own list becomes an argument.
        let by_tag = candidates.iter().find_map(|code| installed.iter().find(|known| *known == code));
        let chosen = by_tag.or_else(|| installed.first().filter(|_| language.is_none()));
        let code = chosen.ok_or_else(|| not_installed(self.name(), language, &installed))?;
        // Page segmentation mode 3: fully automatic.
        let arguments = ["input.png", "stdout", "-l", code, "--psm", "3", "tsv"];
        let output = self.run(&arguments, Some(("input.png", png))).await?;
        Ok(table::parse(&output, format!("{} {code}", self.name())))
    }
}

fn not_installed(engine: String, language: Option<&str>, installed: &[String]) -> MediaError {
    let (languages, hint) = (installed.join(", "), "ask the operator to install the package");
    MediaError::Engine {
        engine,
        reason: match language {
            Some(tag) => format!("the language {tag} is not installed"),
            None => "no language is installed".to_owned(),
        },
        hint: if installed.is_empty() {
            format!("{hint} tesseract-ocr-eng")
        } else {
            format!("installed are: {languages}; use one of them, or {hint} of the other")
        },
    }
}

/// Reads what `--list-langs` prints: a heading, then a code a line. `osd` finds orientation and script, and
/// reads nothing.
fn installed_languages(output: &str) -> Vec<String> {
    let codes = output.lines().skip(1).map(str::trim);
    let mut codes: Vec<String> = codes.filter(|code| !code.is_empty() && *code != "osd").map(str::to_owned).collect();
    codes.sort();
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_listed_in_order() {
        let output = "List of available languages in \"/usr/share/tessdata/\" (3):\nosd\neng\ndeu\n";
        assert_eq!(installed_languages(output), ["deu", "eng"]);
        assert!(installed_languages("").is_empty());
    }

    /// A stand-in that lists `languages`, prints its arguments for a picture, and fails without the picture.
    #[cfg(unix)]
    fn stand_in(folder: &std::path::Path, languages: &str) -> Tesseract {
        let path = folder.join("tesseract");
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = --list-langs ]; then printf 'List:\\n{languages}'; exit; fi\n\
             test -s \"$1\" || exit 1\nprintf '5\\t1\\t1\\t1\\t1\\t1\\t0\\t0\\t9\\t9\\t90\\t%s\\n' \"$*\"\n"
        );
        // Written by another process: a test that forks meanwhile would inherit the open file, and a file that is open
        // for writing cannot be run.
        let write = "printf %s \"$1\" > \"$2\" && chmod 755 \"$2\"";
        let mut shell = std::process::Command::new("sh");
        assert!(shell.args(["-c", write, "sh", &script]).arg(&path).status().unwrap().success());
        Tesseract::at(path, Duration::from_secs(20))
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_language_decides_the_argument() {
        let folder = tempfile::tempdir().unwrap();
        let png = checks::test_png(8, 8);
        let tesseract = stand_in(folder.path(), "osd\\neng\\ndeu\\n");
        for (tag, code) in [(None, "eng"), (Some("de-AT"), "deu"), (Some("ENG"), "eng")] {
            let read = tesseract.recognize(&png, tag).await.unwrap();
            assert_eq!(read.text, format!("input.png stdout -l {code} --psm 3 tsv"));
            assert_eq!(read.engine, format!("tesseract {code}"));
        }
        let french = tesseract.recognize(&png, Some("fr")).await.unwrap_err();
        assert_eq!(french.to_string(), "tesseract failed: the language fr is not installed");
        assert!(french.hint().starts_with("installed are: deu, eng;"), "{}", french.hint());
        let list = tesseract.recognize(b"/etc/passwd\n", None).await;
        assert!(matches!(list, Err(MediaError::Malformed { .. })), "{list:?}");

        let bare = stand_in(folder.path(), "osd\\n");
        let nothing = bare.recognize(&png, None).await.unwrap_err();
        assert!(nothing.hint().contains("tesseract-ocr-eng"), "{nothing}");
        let only_french = stand_in(folder.path(), "fra\\n");
        assert_eq!(only_french.recognize(&png, None).await.unwrap().engine, "tesseract fra");
    }
}
