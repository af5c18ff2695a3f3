use proptest::{collection::vec, prelude::*};

use super::*;

const ROW: &str = "db://tables/{table}/rows/{id}";
const FILE: &str = "file://{+path}";
const WEATHER: &str = "api://weather/{city}/{date}";

fn template(text: &str) -> Template {
    Template::parse(text).expect(text)
}

fn vars(pairs: &[(&str, &str)]) -> Vars {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_uri_gives_its_values() {
    let long = "x".repeat(URI_LIMIT - "file://".len());
    for (text, uri, values) in [
        ("db://users/{user_id}", "db://users/7", vec![("user_id", "7")]),
        (ROW, "db://tables/notes/rows/12", vec![("table", "notes"), ("id", "12")]),
        (WEATHER, "api://weather/s%C3%A3o-paulo/2026-06-21", vec![("city", "são-paulo"), ("date", "2026-06-21")]),
        (WEATHER, "api://weather/são paulo/x", vec![("city", "são paulo"), ("date", "x")]),
        ("db://users/{user_id}", "db://users/%37", vec![("user_id", "7")]),
        // Once, not twice.
        ("db://users/{user_id}", "db://users/%2541", vec![("user_id", "%41")]),
        // A value, not a separator: see the documentation of `matches`.
        ("db://users/{user_id}", "db://users/a%2Fb", vec![("user_id", "a/b")]),
        ("db://users/{user_id}", "db://users/..%2f..%2Fetc", vec![("user_id", "../../etc")]),
        ("db://users/{user_id}", "db://users/..", vec![("user_id", "..")]),
        (FILE, "file:///a/b c/%C3%A4.txt", vec![("path", "/a/b c/ä.txt")]),
        (FILE, "file://../x?y#z", vec![("path", "../x?y#z")]),
        (FILE, &format!("file://{long}"), vec![("path", long.as_str())]),
        ("x://{+path}/meta", "x://a/meta/meta", vec![("path", "a/meta")]),
        ("x://{a},{b}", "x://1,2,3", vec![("a", "1"), ("b", "2,3")]),
        ("x://{a}?q={q}#{f}", "x://1?q=2#3", vec![("a", "1"), ("q", "2"), ("f", "3")]),
        ("x://fixed%20%C3%A4", "x://fixed%20%C3%A4", vec![]),
    ] {
        assert_eq!(template(text).matches(uri), Ok(Some(vars(&values))), "{text} {uri}");
    }
}

#[test]
fn another_templates_uri_is_none() {
    for (text, uri) in [
        (ROW, ""),
        (ROW, "db://tables/notes"),
        (ROW, "db://tables/notes/rows/"),
        (ROW, "db://tables//rows/1"),
        (ROW, "db://tables/notes/rows/1/"),
        (ROW, "db://tables/a/b/rows/1"),
        (ROW, "db://tables/notes/rows/1?x"),
        (ROW, "db://tables/notes/rows/1#x"),
        (ROW, "db://tables/notes/ROWS/1"),
        (ROW, "DB://tables/notes/rows/1"),
        (ROW, " db://tables/notes/rows/1"),
        (ROW, "db://tables/notes/%72ows/1"),
        (ROW, "db://tables/notes%2Frows%2F1"),
        // An error is for a URI that fits.
        (ROW, "db://tables/%zz"),
        (FILE, "file://"),
        (FILE, "file:/a"),
        ("x://{+path}/meta", "x:///meta"),
        ("x://{+path}/meta", "x://a/metas"),
        ("x://{a}?q={q}", "x://a/b?q=1"),
        ("x://fixed", "x://fixed/"),
    ] {
        assert_eq!(template(text).matches(uri), Ok(None), "{text} {uri}");
    }
}

#[test]
fn a_value_that_is_no_text_is_an_error() {
    let name = || "user_id".to_owned();
    for (value, error) in [
        ("%", VarError::Percent(name())),
        ("%4", VarError::Percent(name())),
        ("a%zz", VarError::Percent(name())),
        ("%+1", VarError::Percent(name())),
        ("%é9", VarError::Percent(name())),
        ("%00", VarError::Nul(name())),
        ("a%00.png", VarError::Nul(name())),
        ("\0", VarError::Nul(name())),
        ("%C0%AF", VarError::NotUtf8(name())),
        ("%E0%80%AF", VarError::NotUtf8(name())),
        ("%C0%80", VarError::NotUtf8(name())),
        ("%ED%A0%80", VarError::NotUtf8(name())),
        ("%FF", VarError::NotUtf8(name())),
        ("%C3", VarError::NotUtf8(name())),
        ("%F5%80%80%80", VarError::NotUtf8(name())),
    ] {
        let found = template("db://users/{user_id}").matches(&format!("db://users/{value}"));
        assert_eq!(found, Err(error.clone()), "{value:?}");
        assert!(!error.hint().is_empty());
    }
    let long = format!("db://users/{}", "x".repeat(URI_LIMIT));
    assert_eq!(template(ROW).matches(&long), Err(VarError::LongUri(long.len())));
}

#[test]
fn values_give_their_uri() {
    for (text, values, uri) in [
        (ROW, vec![("table", "a b"), ("id", "1/2?3#4%")], "db://tables/a%20b/rows/1%2F2%3F3%234%25"),
        (WEATHER, vec![("city", "são"), ("date", "~._-")], "api://weather/s%C3%A3o/~._-"),
        (FILE, vec![("path", "/a b/%41[x]?#é")], "file:///a%20b/%2541[x]?#%C3%A9"),
        // RFC 6570, section 3.2.1: what is undefined is left out. Such a URI does not fit.
        (ROW, vec![("table", "t"), ("other", "x")], "db://tables/t/rows/"),
    ] {
        assert_eq!(template(text).expand(&vars(&values)), uri);
    }
    // Examples of RFC 6570, sections 3.2.2 and 3.2.3.
    let values = vars(&[("hello", "Hello World!"), ("path", "/foo/bar")]);
    for (text, uri) in [
        ("{hello}", "Hello%20World%21"),
        ("{+hello}", "Hello%20World!"),
        ("{+path}/here", "/foo/bar/here"),
        ("here?ref={+path}", "here?ref=/foo/bar"),
    ] {
        assert_eq!(template(text).expand(&values), uri);
    }
}

#[test]
fn other_templates_are_refused() {
    let long = "x".repeat(URI_LIMIT + 1);
    for (text, error) in [
        ("", TemplateError::Length(0)),
        (&long, TemplateError::Length(URI_LIMIT + 1)),
        ("x://{a", TemplateError::Open),
        ("x://{a{b}", TemplateError::Expression("a{b".to_owned())),
        ("x://{}", TemplateError::Expression(String::new())),
        ("x://{+}", TemplateError::Expression("+".to_owned())),
        ("x://{?q}", TemplateError::Expression("?q".to_owned())),
        ("x://{a,b}", TemplateError::Expression("a,b".to_owned())),
        ("x://{a*}", TemplateError::Expression("a*".to_owned())),
        ("x://{a:3}", TemplateError::Expression("a:3".to_owned())),
        ("x://{ä}", TemplateError::Expression("ä".to_owned())),
        ("x://a b", TemplateError::Literal(' ')),
        ("x://ä", TemplateError::Literal('ä')),
        ("x://a}", TemplateError::Literal('}')),
        ("x://100%", TemplateError::Literal('%')),
        ("x://%4g/{a}", TemplateError::Literal('%')),
        ("x://%4{a}", TemplateError::Literal('%')),
        ("x://{a}/{b}/{a}", TemplateError::Twice("a".to_owned())),
        ("x://{a}{b}", TemplateError::Ambiguous("a".to_owned())),
        ("x://{a}-{b}", TemplateError::Ambiguous("a".to_owned())),
        ("x://{a}%2F{b}", TemplateError::Ambiguous("a".to_owned())),
        ("x://{+a}{b}", TemplateError::Ambiguous("a".to_owned())),
        ("x://{+a}/{b}", TemplateError::Ambiguous("a".to_owned())),
    ] {
        assert_eq!(Template::parse(text), Err(error), "{text}");
    }
    assert_eq!(template(ROW).variables().collect::<Vec<_>>(), ["table", "id"]);
    assert_eq!(template(ROW).to_string(), template(ROW).as_str());
}

proptest! {
    #[test]
    fn values_come_back(texts in vec("[^\0]{1,24}", 3)) {
        for text in ["x://{a}/{b}?{c}", "x://{a},{b}/end/{+c}", "x://{a}:{b}/{+c}/end", "{a}@{b}={c}"] {
            let values = vars(&[("a", &texts[0]), ("b", &texts[1]), ("c", &texts[2])]);
            let uri = template(text).expand(&values);
            prop_assert!(uri.is_ascii());
            prop_assert_eq!(template(text).matches(&uri), Ok(Some(values)), "{}", uri);
        }
    }

    #[test]
    fn no_uri_panics(uri in "(db://tables/)?[%/?#a-f0-9é\\x00]{0,12}(/rows/)?.{0,12}") {
        for text in [ROW, FILE, "{a}", "{+a}"] {
            if let Ok(Some(values)) = template(text).matches(&uri) {
                prop_assert_eq!(template(text).matches(&template(text).expand(&values)), Ok(Some(values)));
            }
        }
    }
}
