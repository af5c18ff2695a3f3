use std::path::Path;

use secrecy::ExposeSecret;

use super::*;
use crate::authority::Authority;

const TENANT: &str = "6babcaad-604b-40ac-a9d7-9fd97c0b779f";
const CLIENT: &str = "0b0b2a3c-64b2-4c01-8f7d-b5c0e2a91f12";

fn directory(client: &str) -> Directory {
    let authority = Authority::new("https://login.example.com".parse().expect("a URL"), TENANT).expect("a tenant");
    Directory { authority, client_id: client.to_owned(), graph: "https://graph.example.com".parse().expect("a URL") }
}

fn in_folder(folder: &Path) -> TokenCache {
    TokenCache::open(&Place::Folder(folder.to_owned()), &directory(CLIENT)).expect("a folder")
}

fn entry(token: &str) -> Entry {
    let account = Account {
        object_id: "oid".to_owned(),
        tenant_id: TENANT.to_owned(),
        username: Some("ada@example.com".to_owned()),
        name: None,
    };
    let access = AccessToken { token: token.into(), expires_at: 7, scopes: ["User.Read".to_owned()].into() };
    Entry::new(account, access, Some(format!("refresh-{token}").into()))
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files
        .map(|path| (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), path))
        .map(|(name, path)| (name, std::fs::read(path).expect("readable")))
        .collect();
    files.sort();
    files
}

fn tokens_file(folder: &Path) -> PathBuf {
    let name = files(folder).into_iter().map(|(name, _)| name).find(|name| name.starts_with("tokens-"));
    folder.join(name.expect("a file of tokens"))
}

async fn token(cache: &TokenCache) -> Option<String> {
    cache.load().await.expect("works").map(|entry| entry.access.token.expose_secret().to_owned())
}

#[tokio::test]
async fn what_is_kept_comes_back_in_another_process_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let memory = TokenCache::open(&Place::Memory, &directory(CLIENT)).expect("memory");
    for cache in [memory, in_folder(folder.path())] {
        assert!(cache.load().await.expect("works").is_none());
        cache.put(entry("one-token")).await.expect("works");
        let kept = cache.load().await.expect("works").expect("there");
        assert_eq!((kept.account.object_id.as_str(), kept.access.expires_at), ("oid", 7));
        assert_eq!(kept.refresh_token.expect("kept").expose_secret(), "refresh-one-token");
    }
    assert_eq!(token(&in_folder(folder.path())).await.as_deref(), Some("one-token"));
    let other = Place::Folder(folder.path().to_owned());
    let other = TokenCache::open(&other, &directory(TENANT)).expect("a folder");
    assert_eq!(token(&other).await, None, "another app has its own");
    assert!(in_folder(folder.path()).forget(None).await.expect("works"));
    assert!(!in_folder(folder.path()).forget(None).await.expect("works"), "once");
    assert_eq!(token(&in_folder(folder.path())).await, None);
}

#[tokio::test]
async fn nothing_lies_there_in_clear_and_nobody_else_can_look() {
    let parent = tempfile::tempdir().expect("a folder");
    let folder = parent.path().join("new/tokens");
    in_folder(&folder).put(entry("one-token")).await.expect("works");
    for (name, content) in files(&folder) {
        for secret in ["one-token", "refresh", "User.Read", "ada@"] {
            assert!(!content.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret} in {name}");
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        for (name, _) in files(&folder) {
            assert_eq!(mode(&folder.join(&name)), 0o600, "{name}");
        }
    }
}

#[tokio::test]
async fn damage_and_a_lost_key_are_as_if_signed_out() {
    for damage in ["a byte", "cut", "empty", "no key", "another key", "a damaged key", "another's file"] {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = in_folder(folder.path());
        cache.put(entry("one-token")).await.expect("works");
        let (path, key) = (tokens_file(folder.path()), folder.path().join("key"));
        let mut sealed = std::fs::read(&path).expect("readable");
        match damage {
            "a byte" => {
                sealed[40] ^= 1;
                std::fs::write(&path, &sealed)
            }
            "cut" => std::fs::write(&path, &sealed[..20]),
            "empty" => std::fs::write(&path, ""),
            "no key" => std::fs::remove_file(&key),
            "another key" => std::fs::write(&key, [7; 32]),
            "a damaged key" => std::fs::write(&key, "short"),
            _ => {
                let place = Place::Folder(folder.path().to_owned());
                let other = TokenCache::open(&place, &directory(TENANT)).expect("a folder");
                std::fs::remove_file(&path).expect("removable");
                other.put(entry("of-another-app")).await.expect("works");
                std::fs::rename(tokens_file(folder.path()), &path)
            }
        }
        .expect("damaged");
        assert_eq!(token(&cache).await, None, "{damage}");
        assert!(!path.exists(), "{damage}: said once, not with every call");
        cache.put(entry("two-token")).await.expect("works");
        assert_eq!(token(&in_folder(folder.path())).await.as_deref(), Some("two-token"), "{damage}");
    }
}

#[tokio::test]
async fn who_refreshes_does_not_undo_what_another_process_did() {
    let folder = tempfile::tempdir().expect("a folder");
    let memory = TokenCache::open(&Place::Memory, &directory(CLIENT)).expect("memory");
    for cache in [memory, in_folder(folder.path())] {
        cache.put(entry("one-token")).await.expect("works");
        let old = cache.load().await.expect("works").expect("there");
        assert!(cache.renew(&old, entry("two-token")).await.expect("works"));
        assert!(!cache.renew(&old, entry("three-token")).await.expect("works"), "somebody else was faster");
        assert_eq!(token(&cache).await.as_deref(), Some("two-token"));
        assert!(!cache.forget(Some(&old)).await.expect("works"), "that version is gone already");
        let old = cache.load().await.expect("works").expect("there");
        cache.forget(None).await.expect("works");
        assert!(!cache.renew(&old, entry("three-token")).await.expect("works"), "signed out stays signed out");
        assert_eq!(token(&cache).await, None);
    }
}

#[tokio::test]
async fn many_writers_leave_one_whole_entry() {
    let folder = tempfile::tempdir().expect("a folder");
    let writers: Vec<_> = (0..12)
        .map(|index| {
            let cache = in_folder(folder.path());
            tokio::spawn(async move { cache.put(entry(&format!("token-{index}"))).await })
        })
        .collect();
    for writer in writers {
        writer.await.expect("no panic").expect("works");
    }
    assert!(token(&in_folder(folder.path())).await.is_some_and(|token| token.starts_with("token-")));
}

#[test]
fn places() {
    for (text, place) in [("memory", Place::Memory), ("keyring", Place::Keyring), ("./x", Place::Folder("./x".into()))]
    {
        assert_eq!(text.parse(), Ok(place));
    }
    assert!("keyrin".parse::<Place>().is_err());
}
