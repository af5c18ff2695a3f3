//! From BCP 47 tags to the names of Tesseract's models: ISO 639-2/T codes, with the script behind where a language has
//! more than one (<https://tesseract-ocr.github.io/tessdoc/Data-Files-in-different-versions.html>).

use super::checks;
use crate::error::MediaError;

/// ISO 639-1 codes and Tesseract's names. Chinese is told apart by [`candidates`].
const NAMES: [(&str, &str); 104] = [
    ("af", "afr"),
    ("am", "amh"),
    ("ar", "ara"),
    ("as", "asm"),
    ("az", "aze"),
    ("be", "bel"),
    ("bg", "bul"),
    ("bn", "ben"),
    ("bo", "bod"),
    ("br", "bre"),
    ("bs", "bos"),
    ("ca", "cat"),
    ("co", "cos"),
    ("cs", "ces"),
    ("cy", "cym"),
    ("da", "dan"),
    ("de", "deu"),
    ("dv", "div"),
    ("dz", "dzo"),
    ("el", "ell"),
    ("en", "eng"),
    ("eo", "epo"),
    ("es", "spa"),
    ("et", "est"),
    ("eu", "eus"),
    ("fa", "fas"),
    ("fi", "fin"),
    ("fo", "fao"),
    ("fr", "fra"),
    ("fy", "fry"),
    ("ga", "gle"),
    ("gd", "gla"),
    ("gl", "glg"),
    ("gu", "guj"),
    ("he", "heb"),
    ("hi", "hin"),
    ("hr", "hrv"),
    ("ht", "hat"),
    ("hu", "hun"),
    ("hy", "hye"),
    ("id", "ind"),
    ("is", "isl"),
    ("it", "ita"),
    ("iu", "iku"),
    ("ja", "jpn"),
    ("jv", "jav"),
    ("ka", "kat"),
    ("kk", "kaz"),
    ("km", "khm"),
    ("kn", "kan"),
    ("ko", "kor"),
    ("ky", "kir"),
    ("la", "lat"),
    ("lb", "ltz"),
    ("lo", "lao"),
    ("lt", "lit"),
    ("lv", "lav"),
    ("mi", "mri"),
    ("mk", "mkd"),
    ("ml", "mal"),
    ("mn", "mon"),
    ("mr", "mar"),
    ("ms", "msa"),
    ("mt", "mlt"),
    ("my", "mya"),
    ("nb", "nor"),
    ("ne", "nep"),
    ("nl", "nld"),
    ("nn", "nor"),
    ("no", "nor"),
    ("oc", "oci"),
    ("or", "ori"),
    ("pa", "pan"),
    ("pl", "pol"),
    ("ps", "pus"),
    ("pt", "por"),
    ("qu", "que"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("sa", "san"),
    ("sd", "snd"),
    ("si", "sin"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("sq", "sqi"),
    ("sr", "srp"),
    ("su", "sun"),
    ("sv", "swe"),
    ("sw", "swa"),
    ("ta", "tam"),
    ("te", "tel"),
    ("tg", "tgk"),
    ("th", "tha"),
    ("ti", "tir"),
    ("to", "ton"),
    ("tr", "tur"),
    ("tt", "tat"),
    ("ug", "uig"),
    ("uk", "ukr"),
    ("ur", "urd"),
    ("uz", "uzb"),
    ("vi", "vie"),
    ("yi", "yid"),
    ("yo", "yor"),
];

/// The names that a model for `tag` may have, best first.
///
/// # Errors
/// [`MediaError::Invalid`] if `tag` is not a language tag.
pub(super) fn candidates(tag: &str) -> Result<Vec<String>, MediaError> {
    let parts = checks::subtags(tag)?;
    let has = |names: &[&str]| parts.iter().skip(1).any(|part| names.contains(&part.as_str()));
    let language = parts.first().map(String::as_str).unwrap_or_default();
    if matches!(language, "zh" | "zho" | "chi") {
        let traditional = has(&["hant"]) || (has(&["tw", "hk", "mo"]) && !has(&["hans"]));
        return Ok(vec![if traditional { "chi_tra" } else { "chi_sim" }.to_owned()]);
    }
    let name = NAMES.iter().find(|(code, _)| *code == language).map_or(language, |(_, name)| *name);
    let mut names = vec![name.to_owned()];
    for (script, ending) in [("latn", "_latn"), ("cyrl", "_cyrl")] {
        if has(&[script]) {
            names.insert(0, format!("{name}{ending}"));
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_names() {
        let cases: [(&str, &[&str]); 10] = [
            ("en", &["eng"]),
            ("de-CH", &["deu"]),
            ("EN-us", &["eng"]),
            ("deu", &["deu"]),
            ("zh", &["chi_sim"]),
            ("zh-TW", &["chi_tra"]),
            ("zh-Hans-HK", &["chi_sim"]),
            ("zh-Hant", &["chi_tra"]),
            ("sr-Latn", &["srp_latn", "srp"]),
            ("tlh", &["tlh"]),
        ];
        for (tag, names) in cases {
            assert_eq!(candidates(tag).unwrap(), names, "{tag}");
        }
        assert!(candidates("-l").is_err());
    }

    #[test]
    fn the_table_is_sorted_and_well_formed() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(NAMES.iter().all(|(code, name)| code.len() == 2 && name.len() == 3));
    }
}
