//! What has to hold in `routes.toml` beyond its form. Each complaint is one line that names what is wrong.

use std::collections::BTreeSet;

use mcp_support::fetch::service::is_safe_base_url;

use super::{GatewaySettings, Mount, NodeSettings, Routes};

/// Nodes of a gateway.
const MAX_NODES: usize = 500;
/// Words of a command, and bytes of each.
const MAX_WORDS: usize = 100;
const MAX_WORD: usize = 4096;
/// Longest residency, as a call may ask for it.
const MAX_RESIDENCY: usize = 40;
/// Longest text for those who use an old version, and longest name of a tool or an argument.
const MAX_NOTICE: usize = 500;
const MAX_NAME: usize = 128;

impl Routes {
    pub(super) fn check(&self) -> Result<(), String> {
        self.gateway.check()?;
        let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
        for mount in &self.mounts {
            mount.check()?;
            if !names.insert(&mount.name) {
                return Err(format!("two mounts are called '{}'", mount.name));
            }
            for node in &mount.nodes {
                node.check()?;
                if !ids.insert(&node.id) {
                    return Err(format!("two nodes are called '{}'", node.id));
                }
            }
        }
        if self.mounts.iter().filter(|mount| mount.bare).count() > 1 {
            return Err("more than one mount is bare".to_owned());
        }
        if ids.len() > MAX_NODES { Err(format!("there are more than {MAX_NODES} nodes")) } else { Ok(()) }
    }
}

impl GatewaySettings {
    fn check(&self) -> Result<(), String> {
        let is_time = |seconds: f64| (0.05..=3600.0).contains(&seconds);
        if !is_time(self.attempt_seconds) || !is_time(self.probe_seconds) {
            return Err("attempt_seconds and probe_seconds are from 0.05 to 3600".to_owned());
        }
        if !(1..=10).contains(&self.attempts) {
            return Err("attempts are from 1 to 10".to_owned());
        }
        if self.hedge_millis > 60_000 {
            return Err("hedge_millis is at most 60000".to_owned());
        }
        let breaker = &self.breaker;
        if !is_time(breaker.first_seconds) || !is_time(breaker.most_seconds) {
            return Err("first_seconds and most_seconds of the breaker are from 0.05 to 3600".to_owned());
        }
        if breaker.first_seconds > breaker.most_seconds {
            return Err("first_seconds of the breaker are more than most_seconds".to_owned());
        }
        if !(1..=1000).contains(&breaker.failures) || !(1..=1000).contains(&breaker.successes) {
            return Err("failures and successes of the breaker are from 1 to 1000".to_owned());
        }
        Ok(())
    }
}

impl Mount {
    fn check(&self) -> Result<(), String> {
        let name = &self.name;
        if !is_name(name) || name == "gateway" {
            return Err(format!("'{name}' is no name of a mount: use lower-case letters, digits and dashes"));
        }
        if self.nodes.is_empty() {
            return Err(format!("mount '{name}' has no node"));
        }
        if self.text_tool.is_some() != self.text_argument.is_some() {
            return Err(format!("mount '{name}' needs text_tool and text_argument, or neither"));
        }
        if !self.categories.is_empty() && self.text_tool.is_none() {
            return Err(format!("mount '{name}' has categories, and no text_tool for their texts"));
        }
        for text in [&self.text_tool, &self.text_argument].into_iter().flatten() {
            if !(1..=MAX_NAME).contains(&text.len()) {
                return Err(format!("text_tool and text_argument of '{name}' have from 1 to {MAX_NAME} bytes"));
            }
        }
        Ok(())
    }
}

impl NodeSettings {
    fn check(&self) -> Result<(), String> {
        let id = &self.id;
        if !is_name(id) {
            return Err(format!("'{id}' is no id of a node: use lower-case letters, digits and dashes"));
        }
        match (&self.url, self.command.is_empty()) {
            (Some(url), true) if is_safe_base_url(url) => {}
            (Some(_), true) => return Err(format!("the url of '{id}' must be https, or http on this machine")),
            (None, false) => {}
            _ => return Err(format!("node '{id}' needs either a command or a url")),
        }
        let is_word = |word: &String| word.len() <= MAX_WORD && !word.contains('\0');
        if self.command.len() > MAX_WORDS || !self.command.iter().all(is_word) {
            return Err(format!("the command of '{id}' has at most {MAX_WORDS} words of {MAX_WORD} bytes"));
        }
        if self.command.first().is_some_and(|program| program.trim().is_empty()) {
            return Err(format!("the command of '{id}' names no program"));
        }
        if !(1..=1000).contains(&self.weight) || !(1..=10_000).contains(&self.max_in_flight) {
            return Err(format!("weight of '{id}' is from 1 to 1000, and max_in_flight from 1 to 10000"));
        }
        if self.canary_percent.is_some_and(|percent| percent > 100) {
            return Err(format!("canary_percent of '{id}' is more than 100"));
        }
        if self.residency.as_ref().is_some_and(|residency| !(1..=MAX_RESIDENCY).contains(&residency.len())) {
            return Err(format!("residency of '{id}' has from 1 to {MAX_RESIDENCY} bytes"));
        }
        if self.deprecated.as_ref().is_some_and(|notice| !(1..=MAX_NOTICE).contains(&notice.len())) {
            return Err(format!("deprecated of '{id}' has from 1 to {MAX_NOTICE} bytes"));
        }
        Ok(())
    }
}

fn is_name(text: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    (1..=40).contains(&text.len()) && text.chars().all(is_part) && !text.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_says_why() {
        let node = "[[mount]]\nname = \"a\"\n[[mount.node]]\nid = \"a-1\"\n";
        for (text, why) in [
            (String::new(), "missing field `mount`"),
            ("[[mount]]\nname = \"a\"\ncolour = \"red\"\nnode = []".to_owned(), "line 3: unknown field `colour`"),
            (node.to_owned(), "needs either a command or a url"),
            (format!("{node}url = \"http://example.com\""), "must be https"),
            (format!("{node}command = [\"x\"]\nurl = \"https://example.com\""), "either a command or a url"),
            (format!("{node}command = [\"x\"]\n[[mount.node]]\nid = \"a-1\"\ncommand = [\"x\"]"), "two nodes"),
            (format!("{node}command = [\"x\"]\n{node}command = [\"x\"]"), "two mounts"),
            (format!("{node}command = [\"x\"]\nweight = 0"), "weight of 'a-1'"),
            ("[[mount]]\nname = \"a\"\nnode = []".to_owned(), "has no node"),
            (format!("[gateway]\nattempts = 99\n{node}command = [\"x\"]"), "attempts are"),
            (format!("[gateway]\nattempt_seconds = nan\n{node}command = [\"x\"]"), "attempt_seconds and"),
            (format!("[gateway]\nhedge_millis = 60001\n{node}command = [\"x\"]"), "hedge_millis is"),
            (format!("[gateway.breaker]\nfailures = 0\n{node}command = [\"x\"]"), "failures and successes"),
            (format!("[gateway.breaker]\nfirst_seconds = 60\n{node}command = [\"x\"]"), "more than most_seconds"),
            (format!("{node}command = [\" \", \"x\"]"), "names no program"),
            (format!("{node}command = [\"x\"]\nresidency = \"\""), "residency of 'a-1'"),
            (format!("{node}command = [\"x\"]\nversion = \"two\""), "line 6: "),
            (format!("{node}command = [\"x\"]\nweight = -1"), "line 6: "),
            (node.replace("[[mount.node]]", "text_tool = \"t\"\n[[mount.node]]"), "needs text_tool and text_argument"),
            (node.replace("[[mount.node]]", "categories = [\"code\"]\n[[mount.node]]"), "no text_tool for"),
            (node.replace("\"a\"", "\"\""), "'' is no name of a mount"),
            (node.replace("a-1", ""), "'' is no id of a node"),
            (node.replace("a-1", "A"), "'A' is no id of a node"),
        ] {
            let error = Routes::parse(&text).expect_err(&text).to_string();
            assert!(error.contains(why) && !error.contains('\n'), "{text}: {error}");
        }
    }
}
