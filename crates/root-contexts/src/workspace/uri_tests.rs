use super::*;

fn names(text: &str) -> Result<Vec<String>, UriError> {
    FileUri::parse(text).map(|uri| uri.names)
}

#[test]
#[cfg(unix)]
fn every_legal_form_is_read() {
    for (text, expected, only_folder) in [
        ("file:/a", vec!["a"], false),
        ("file:///a", vec!["a"], false),
        ("file://localhost/a", vec!["a"], false),
        ("FILE:///a", vec!["a"], false),
        ("file://LocalHost/a/b", vec!["a", "b"], false),
        ("file:///", vec![], true),
        ("file:/", vec![], true),
        ("file:///a/", vec!["a"], true),
        ("file:///a//b", vec!["a", "b"], false),
        ("file:///a/./b", vec!["a", "b"], false),
        ("file:///a%20b/c", vec!["a b", "c"], false),
        ("file:///a b/c", vec!["a b", "c"], false),
        ("file:///%C3%BCber/stra%C3%9Fe", vec!["über", "straße"], false),
        ("file:///über/straße", vec!["über", "straße"], false),
        ("file:///c%23/what%3F", vec!["c#", "what?"], false),
        ("file:///100%25", vec!["100%"], false),
        ("file:///%252e%252e", vec!["%2e%2e"], false),
        ("file:///a/...", vec!["a", "..."], false),
        ("file:///~user", vec!["~user"], false),
        ("file:///a:b", vec!["a:b"], false),
    ] {
        let uri = FileUri::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(uri.names, expected, "{text}");
        assert_eq!(uri.only_folder, only_folder, "{text}");
        let again = FileUri::parse(&FileUri::write(&uri.names)).expect("what was written can be read");
        assert_eq!(again.names, uri.names, "{text}");
    }
}

#[test]
#[cfg(unix)]
fn each_refusal_says_why() {
    for (text, expected) in [
        ("", UriError::Length(0)),
        ("/a", UriError::Scheme),
        ("http://localhost/a", UriError::Scheme),
        ("data:text/plain,a", UriError::Scheme),
        ("file", UriError::Scheme),
        ("file:a", UriError::Relative),
        ("file:", UriError::Relative),
        ("file://server/share", UriError::Host),
        ("file:////server/share", UriError::Host),
        ("file://127.0.0.1/a", UriError::Host),
        ("file:///C:/x", UriError::Windows),
        ("file:///c%3A/x", UriError::Windows),
        ("file:///c|/x", UriError::Windows),
        ("file:/C:/x", UriError::Windows),
        ("file:///a?b", UriError::Query),
        ("file:///a#b", UriError::Query),
        ("file:///a%", UriError::Percent),
        ("file:///a%2", UriError::Percent),
        ("file:///a%zz", UriError::Percent),
        ("file:///a%+1", UriError::Percent),
        ("file:///a%ff", UriError::NotText),
        ("file:///a%c0%ae%c0%ae/b", UriError::NotText),
        ("file:///a/..", UriError::Upwards),
        ("file:///a/../b", UriError::Upwards),
        ("file:///a/%2e%2E/b", UriError::Upwards),
        ("file:///a/.%2e/b", UriError::Upwards),
        ("file:///a%2fb", UriError::Character),
        ("file:///a%2F..%2Fb", UriError::Character),
        ("file:///a%5cb", UriError::Character),
        ("file:///a\\b", UriError::Character),
        ("file:///a%00b", UriError::Character),
        ("file:///a\0b", UriError::Character),
        ("file:///a\nb", UriError::Character),
        ("file:///a%0ab", UriError::Character),
        (" file:///a", UriError::Character),
        ("file:///a ", UriError::Character),
    ] {
        assert_eq!(names(text), Err(expected), "{text:?}");
    }
    let long = format!("file:///{}", "a".repeat(MAX_BYTES));
    assert_eq!(names(&long), Err(UriError::Length(long.len())));
}

#[test]
#[cfg(windows)]
fn drives_of_windows_are_read() {
    for text in ["file:///C:/x", "file:/C:/x", "file://localhost/C:/x"] {
        assert_eq!(names(text), Ok(vec!["C:".to_owned(), "x".to_owned()]), "{text}");
    }
    assert_eq!(names("file:///x"), Err(UriError::Relative));
    assert_eq!(names("file://server/share"), Err(UriError::Host));
}

#[test]
#[cfg(unix)]
fn folders_are_named_in_three_ways() {
    let absolute = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Ok(Directory::Absolute(FileUri { names, only_folder: true }))
    };
    assert_eq!(Directory::parse("/a/./b/"), absolute(&["a", "b"]));
    assert_eq!(Directory::parse("file:///a/"), absolute(&["a"]));
    assert_eq!(Directory::parse("a/b"), Ok(Directory::Relative(vec!["a".to_owned(), "b".to_owned()])));
    assert_eq!(Directory::parse("."), Ok(Directory::Relative(Vec::new())));
    for (text, expected) in [
        ("", UriError::Length(0)),
        ("..", UriError::Upwards),
        ("a/../b", UriError::Upwards),
        ("/a/..", UriError::Upwards),
        ("a\0", UriError::Character),
        ("a\\b", UriError::Character),
        ("//server/share", UriError::Host),
        ("\\\\server\\share", UriError::Host),
        ("C:\\x", UriError::Windows),
        ("C:/x", UriError::Windows),
        ("http://x/y", UriError::Scheme),
        ("file:x", UriError::Relative),
    ] {
        assert_eq!(Directory::parse(text), Err(expected), "{text:?}");
    }
}
