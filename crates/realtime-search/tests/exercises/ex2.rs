//! One story, one alert.

use mcp_realtime_search::{
    article::{Article, Indexed},
    corpus,
};

use crate::ex2_digest::{Digest, MOST};

const HOUR: i64 = 3600;
const STORY: &str = "The harbour bridge will stay closed until Friday after engineers found cracks in two of its eight \
    cables. The city said that buses take the tunnel, and that ships may pass at night. A first inspection had been \
    planned for spring, and was brought forward when drivers reported a loud bang on Sunday evening.";

fn article(text: &str) -> Indexed {
    let article = Article { text: text.to_owned(), ..corpus::stories()[0].clone() };
    Indexed::new(article, None, &corpus::outlets())
}

#[test]
fn a_copy_is_no_news_within_the_window() {
    let mut digest = Digest::new(6 * HOUR);
    assert!(digest.is_news(&article(STORY), 0));
    let copy = STORY.replace("on Sunday evening", "late on Sunday");
    assert!(!digest.is_news(&article(&copy), HOUR));
    assert!(
        digest.is_news(&article("Bees are back in the gardens of the old town, and there are more of them."), HOUR)
    );
    assert!(digest.is_news(&article(&copy), 8 * HOUR), "the window is over");
}

#[test]
fn a_feed_that_never_ends_needs_no_more_room() {
    let mut digest = Digest::new(HOUR);
    let words: Vec<&str> = STORY.split_whitespace().collect();
    for n in 0..(MOST + 200) {
        let text: String =
            (0..30).map(|at| format!("{}{} ", words[(n * 7 + at * 13) % words.len()], n * 31 + at)).collect();
        digest.is_news(&article(&text), 10);
    }
    assert!(digest.kept() <= MOST && digest.kept() > MOST / 2, "{}", digest.kept());
    digest.is_news(&article(STORY), 10 + 2 * HOUR);
    assert_eq!(digest.kept(), 1, "what is older than the window is gone");
}
