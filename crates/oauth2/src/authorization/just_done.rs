//! What a form has just brought about, so that the second click of a double click brings about the same.
//!
//! A browser that sends a form again gives up the first answer. Without this, a quick double click on "Allow" would end on
//! a page that says that the request is over, and the client would never hear of it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::secret;

/// Seconds in which a second click counts as the first one.
pub(super) const AGAIN_SECONDS: i64 = 5;
/// Most that are kept; when there are more, their second clicks come too late, as they would anyway.
const MAX_KEPT: usize = 1000;

/// Answers of forms, for a moment. In memory only: they hold what stands nowhere else in clear.
#[derive(Default)]
pub(super) struct JustDone(Mutex<HashMap<String, (i64, String)>>);

/// One form as one browser has sent it, with its token and with what was chosen.
pub(super) fn form(number: &str, browser: &str, csrf: &str, chosen: &str) -> String {
    secret::hash(&[number, browser, csrf, chosen].join(" "))
}

impl JustDone {
    /// Keeps what a form has brought about.
    pub(super) fn keep(&self, form: String, answer: &str, now: i64) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (until, _)| *until > now);
        if kept.len() < MAX_KEPT {
            kept.insert(form, (now + AGAIN_SECONDS, answer.to_owned()));
        }
    }

    /// The same again, if it was a moment ago.
    pub(super) fn again(&self, form: &str, now: i64) -> Option<String> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(form).filter(|(until, _)| *until > now).map(|(_, answer)| answer.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_form_for_a_moment() {
        let done = JustDone::default();
        let sent = |chosen| form("1", "browser", "token", chosen);
        done.keep(sent("allow"), "the answer", 0);
        assert_eq!(done.again(&sent("allow"), AGAIN_SECONDS - 1).as_deref(), Some("the answer"));
        assert_eq!(done.again(&sent("deny"), 0), None, "another choice is no second click");
        assert_eq!(done.again(&sent("allow"), AGAIN_SECONDS), None);
    }

    #[test]
    fn many_forms_do_not_fill_the_memory() {
        let done = JustDone::default();
        for number in 0..2 * MAX_KEPT {
            done.keep(form(&number.to_string(), "browser", "token", "allow"), "the answer", 0);
        }
        assert_eq!(done.0.lock().expect("a lock").len(), MAX_KEPT);
    }
}
