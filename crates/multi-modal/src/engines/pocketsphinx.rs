//! Speech recognition with CMU PocketSphinx and its US English model, as Debian packages them (`pocketsphinx`,
//! `pocketsphinx-en-us`): offline, fast, and weak by today's measure.
//!
//! D. Huggins-Daines et al., PocketSphinx: a free, real-time continuous speech recognition system for hand-held devices
//! (ICASSP 2006).

use std::{path::PathBuf, time::Duration};

use async_trait::async_trait;

use super::{
    SpeechToText, Transcript, TranscriptSegment, TranscriptWord, checks,
    command::{self, Invocation},
    find_on_path,
};
use crate::error::MediaError;

/// The program of Debian's package.
const PROGRAM: &str = "pocketsphinx_continuous";

/// The installed recognizer. It knows US English only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PocketSphinx {
    program: PathBuf,
    deadline: Duration,
}

impl PocketSphinx {
    /// The recognizer on `PATH`, if there is one. `deadline` bounds each call: for
    /// dense speech it takes up to half the length of the sound on one busy core.
    pub fn find(deadline: Duration) -> Option<Self> {
        find_on_path(PROGRAM).map(|program| Self::at(program, deadline))
    }

    /// The recognizer at this path.
    pub fn at(program: PathBuf, deadline: Duration) -> Self {
        Self { program, deadline }
    }
}

#[async_trait]
impl SpeechToText for PocketSphinx {
    fn name(&self) -> String {
        "pocketsphinx en-us".to_owned()
    }

    async fn transcribe(&self, wav_16k_mono: &[u8], language: Option<&str>) -> Result<Transcript, MediaError> {
        checks::check_speech_wav(wav_16k_mono)?;
        if let Some(tag) = language
            && checks::subtags(tag)?.first().is_none_or(|language| language != "en" && language != "eng")
        {
            return Err(MediaError::Engine {
                engine: self.name(),
                reason: format!("it does not know the language {tag}"),
                hint: "send English speech with the language en, or ask the operator for an engine that knows this language"
                    .to_owned(),
            });
        }
        let output = command::run(&Invocation {
            engine: &self.name(),
            program: &self.program,
            arguments: &["-infile", "speech.wav", "-time", "yes"],
            input: Some(("speech.wav", wav_16k_mono)),
            deadline: self.deadline,
            hint: "the operator should check that the packages pocketsphinx and pocketsphinx-en-us are installed",
        })
        .await?;
        Ok(parse(&output, self.name()))
    }
}

/// Reads what `-time yes` prints: for each utterance a line with its words, then a line `word start end probability`
/// for each of them, in seconds from the start of the file.
fn parse(output: &str, engine: String) -> Transcript {
    let mut utterances: Vec<Vec<TranscriptWord>> = Vec::new();
    for line in output.lines() {
        match (timed_token(line), utterances.last_mut()) {
            (Some((token, times)), Some(words)) if !is_filler(token) => words.push(word(token, times)),
            (Some(_), _) => {}
            (None, _) => utterances.push(Vec::new()),
        }
    }
    let segments: Vec<TranscriptSegment> = utterances.into_iter().filter_map(segment).collect();
    let texts: Vec<&str> = segments.iter().map(|segment| segment.text.as_str()).collect();
    Transcript { engine, text: texts.join("\n"), language: Some("en-US".to_owned()), segments }
}

fn timed_token(line: &str) -> Option<(&str, [f64; 3])> {
    let mut fields = line.split_whitespace();
    let token = fields.next()?;
    let mut number = || fields.next()?.parse().ok();
    let numbers = [number()?, number()?, number()?];
    fields.next().is_none().then_some((token, numbers))
}

/// Silence and noises: `<s>`, `<sil>`, `[NOISE]`, `++BREATH++`.
fn is_filler(token: &str) -> bool {
    token.starts_with(['<', '[']) || token.starts_with("++")
}

fn word(token: &str, [start, end, probability]: [f64; 3]) -> TranscriptWord {
    // `the(2)` is the second pronunciation of `the`.
    let text = token.split_once('(').map_or(token, |(text, _)| text);
    TranscriptWord {
        start_ms: checks::milliseconds(start),
        end_ms: checks::milliseconds(end),
        text: text.to_owned(),
        confidence: checks::probability(probability),
    }
}

fn segment(words: Vec<TranscriptWord>) -> Option<TranscriptSegment> {
    let (first, last) = (words.first()?, words.last()?);
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let total: f64 = words.iter().map(|word| word.confidence).sum();
    Some(TranscriptSegment {
        start_ms: first.start_ms,
        end_ms: last.end_ms,
        text: texts.join(" "),
        confidence: Some(checks::probability(total / words.len() as f64)),
        words,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As pocketsphinx_continuous 0.8+5prealpha printed it for two utterances of espeak-ng with a pause of 3 s between.
    const TWO_UTTERANCES: &str = "\
so far would you
<s> 2.880 3.010 0.999400
so 3.020 3.170 0.204992
far 3.180 3.370 0.475168
would 3.380 3.660 0.736508
you 3.670 3.750 0.005281
</s> 4.310 4.740 1.000000
it really does
<s> 7.480 7.600 0.999700
it 8.270 8.340 1.000300
<sil> 8.340 8.350 1.000000
[NOISE] 8.340 8.350 1.000000
really(2) 8.350 8.600 0.327938
does 8.610 8.880 0.300581
</s> 8.890 9.150 1.000000
";

    #[test]
    fn utterances_become_segments() {
        let transcript = parse(TWO_UTTERANCES, "test".to_owned());
        assert_eq!(transcript.text, "so far would you\nit really does");
        let times: Vec<_> = transcript.segments.iter().map(|s| (s.start_ms, s.end_ms, s.confidence)).collect();
        assert_eq!(times, [(3020, 3750, Some(0.355)), (8270, 8880, Some(0.543))]);
        let really = &transcript.segments[1].words[1];
        assert_eq!((really.text.as_str(), really.start_ms, really.confidence), ("really", 8350, 0.328));
        assert_eq!(transcript.segments[1].words[0].confidence, 1.0);
    }

    #[test]
    fn silence_is_an_empty_transcript() {
        let transcript = parse("\n<s> 0.000 0.590 1.000000\n</s> 0.600 1.010 1.000000\n", "test".to_owned());
        assert_eq!((transcript.text.as_str(), transcript.segments.len()), ("", 0));
        assert_eq!(parse("", "test".to_owned()).text, "");
    }

    #[tokio::test]
    async fn refused_before_anything_runs() {
        let missing = PocketSphinx::at("/no/such/program".into(), Duration::from_secs(5));
        let wav = checks::test_wav(&[0; 160]);
        let german = missing.transcribe(&wav, Some("de-DE")).await.unwrap_err();
        assert!(german.to_string().contains("does not know the language de-DE"), "{german}");
        assert!(german.hint().contains("English"), "{}", german.hint());
        let no_sound = missing.transcribe(b"", Some("en")).await;
        assert!(matches!(no_sound, Err(MediaError::Malformed { .. })), "{no_sound:?}");
        let not_installed = missing.transcribe(&wav, Some("en-GB")).await.unwrap_err();
        assert!(not_installed.hint().contains("pocketsphinx-en-us"), "{not_installed}");
    }

    proptest! {
        #[test]
        fn no_output_panics(output in "([a-z<(\\[]{0,4} [-0-9.eNa]{0,5} ?[0-9.]{0,4} ?[0-9.]{0,9}\n?){0,8}") {
            let transcript = parse(&output, String::new());
            prop_assert!(transcript.segments.iter().all(|segment| !segment.words.is_empty()));
        }
    }
}
