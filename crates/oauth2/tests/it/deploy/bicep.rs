//! The Bicep file fits the image and the server. Its own compiler is no package, so names and brackets are looked at here.

use std::collections::BTreeMap;

use super::{file, the_dockerfile};
use crate::fixture::Running;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    Sign(char),
}

/// Names, texts and signs; comments away. What a text holds in `${...}` comes after it, as tokens.
fn tokens(source: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.split_once('\n').map_or("", |(_, next)| next);
        } else if first == '\'' {
            let end = rest[1..].replace("\\'", "__").find('\'').expect("a text ends") + 1;
            let text = &rest[1..end];
            found.push(Token::Text(text.to_owned()));
            for inner in text.split("${").skip(1) {
                found.extend(tokens(inner.split_once('}').expect("an expression ends").0));
            }
            rest = &rest[end + 1..];
        } else if first.is_alphabetic() {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            found.push(Token::Name(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            if !first.is_whitespace() && !first.is_ascii_digit() {
                found.push(Token::Sign(first));
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    found
}

/// What the words `param`, `var`, `resource` and `output` declare, with their number of uses.
fn declared(tokens: &[Token]) -> BTreeMap<String, usize> {
    let words = ["param", "var", "resource", "output"];
    let pairs = tokens.windows(2);
    let named = pairs.filter_map(|pair| match pair {
        [Token::Name(word), Token::Name(name)] if words.contains(&word.as_str()) => Some(name.clone()),
        _ => None,
    });
    named.map(|name| (name, 0)).collect()
}

#[test]
fn brackets_close_and_every_name_is_declared_and_used() {
    let source = file("main.bicep");
    let tokens = tokens(&source);
    let mut open = Vec::new();
    for token in &tokens {
        let Token::Sign(sign) = token else { continue };
        match sign {
            '{' | '[' | '(' => open.push(*sign),
            '}' | ']' | ')' => {
                let expected = open.pop().unwrap_or_else(|| panic!("{sign} closes nothing"));
                assert!(["{}", "[]", "()"].contains(&format!("{expected}{sign}").as_str()), "{expected} {sign}");
            }
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");

    let mut names = declared(&tokens);
    let words = ["param", "var", "resource", "output", "existing", "string", "int", "true", "false"];
    for (index, token) in tokens.iter().enumerate() {
        let Token::Name(name) = token else { continue };
        let before = index.checked_sub(1).map(|before| &tokens[before]);
        let after = tokens.get(index + 1);
        let is_member = before == Some(&Token::Sign('.')) || before == Some(&Token::Sign('@'));
        let is_key_or_call = matches!(after, Some(Token::Sign(':' | '(')));
        let is_declaration = matches!(before, Some(Token::Name(word)) if words[..4].contains(&word.as_str()));
        if is_member || is_key_or_call || is_declaration || words.contains(&name.as_str()) {
            continue;
        }
        *names.get_mut(name).unwrap_or_else(|| panic!("{name} is not declared")) += 1;
    }
    let unused: Vec<_> = names.iter().filter(|(_, uses)| **uses == 0).map(|(name, _)| name.as_str()).collect();
    assert_eq!(unused, ["host"], "an output is for others");
}

#[test]
fn every_resource_says_its_version_and_no_value_is_a_secret() {
    let source = file("main.bicep");
    let types: Vec<&str> = source.lines().filter(|line| line.starts_with("resource ")).collect();
    assert_eq!(types.len(), 12);
    for line in types {
        let (_, version) = line.split_once('@').expect("a version");
        let date = version.split('\'').next().expect("a date");
        assert!(date.len() == 10 && date.starts_with("20") && !line.contains("preview"), "{line}");
    }
    for (before, line) in source.lines().zip(source.lines().skip(1)) {
        if before.contains("_SECRET'") || before.contains("_PASSWORD'") {
            assert!(line.trim().starts_with("secretRef: "), "{before}{line}");
        }
    }
    let references: Vec<&str> = source.lines().filter(|line| line.contains("keyVaultUrl:")).collect();
    assert_eq!(references.len(), source.matches("secretRef:").count());
}

#[tokio::test]
async fn the_app_fits_the_image_and_its_probes_fit_the_server() -> anyhow::Result<()> {
    let source = file("main.bicep");
    let image = the_dockerfile().image()?;
    assert!(source.contains(&format!("var port = {}\n", image.ports[0])));
    assert!(source.contains(&format!("var dataFolder = '{}'\n", image.environment["OAUTH2_DATA"])));
    let ids: Vec<&str> = image.user.split(':').collect();
    assert!(source.contains(&format!("uid={},gid={},", ids[0], ids[1])), "the share is the user's of the image");
    let known = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.env.example"))?;
    let set = source.lines().filter_map(|line| line.trim().strip_prefix("name: '")?.strip_suffix('\''));
    let set: Vec<&str> =
        set.filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).collect();
    assert_eq!(set.len(), 5);
    for name in set {
        assert!(known.contains(&format!("#{name}=")), "{name} is no variable of this server");
    }
    let running = Running::start().await?;
    let paths = source.lines().filter_map(|line| line.trim().strip_prefix("path: '")?.strip_suffix('\''));
    let paths: Vec<&str> = paths.collect();
    assert_eq!(paths, ["/healthz", "/readyz"]);
    for path in paths {
        // The prober names an address, so the file names a host that the server answers to.
        let sending = running.http.get(running.at(path)).header("host", "localhost").send();
        assert_eq!(sending.await?.status(), 200, "{path}");
    }
    assert_eq!(source.matches("value: 'localhost'").count(), 2);
    assert!(source.contains("@allowed([1])\nparam replicas int = 1"), "SQLite has one writer");
    Ok(())
}
