//! What is swapped while it is read, and what would never end.
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::symlink,
    sync::{
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use mcp_root_contexts::workspace::read::{Part, read};

use crate::roots_fixture::{Fixture, SECRET, contents, marks};

/// Renames change what a name leads to in one step, so that it is always there: a file or a folder, or a link out.
fn while_swapped(fixture: &Fixture, name: &str, good: &str, outside: &str, look: impl Fn() -> String) {
    let project = fixture.path("allowed/project");
    let (place, kept, link) = (project.join(name), project.join(format!("{name}.kept")), project.join("link.kept"));
    let (stop, swaps) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                symlink(fixture.path(outside), &link).expect("a link");
                let _ = fs::rename(&place, &kept);
                let _ = fs::rename(&link, &place);
                let _ = fs::rename(&place, &link);
                let _ = fs::rename(&kept, &place);
                let _ = fs::remove_file(&link);
                swaps.fetch_add(1, Ordering::Relaxed);
            }
        });
        let (began, mut read, mut looks) = (Instant::now(), 0, 0);
        // Long enough that both were seen, on a busy machine too.
        while looks < 1000 || (read == 0 || swaps.load(Ordering::Relaxed) < 100) {
            let out = look();
            assert!(!out.contains(SECRET), "{name}: {out}");
            read += usize::from(out.contains(good));
            looks += 1;
            assert!(began.elapsed() < Duration::from_secs(60), "{read} of {looks} were good, {swaps:?} swaps");
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_file_that_becomes_a_link_is_never_followed_out() {
    let fixture = Fixture::new();
    fs::write(fixture.path("allowed/project/swapped.txt"), "good").expect("a file");
    let (scope, uri) = (fixture.scope(), fixture.uri("allowed/project/swapped.txt"));
    while_swapped(&fixture, "swapped.txt", "good", "secret.txt", || {
        let opened = scope.file(&fixture.folders, &uri).ok();
        opened.and_then(|(file, uri)| read(file, uri, Part::Bytes(0, 100)).ok()).map_or(String::new(), |text| text.text)
    });
}

#[test]
fn a_folder_on_the_way_that_becomes_a_link_is_never_followed_out() {
    let fixture = Fixture::new();
    let folder = fixture.path("allowed/project/swapped/below");
    fs::create_dir_all(&folder).expect("folders");
    fs::create_dir_all(fixture.path("outside/below")).expect("folders");
    for (path, content) in [(folder.join("secret.txt"), "good"), (fixture.path("outside/below/secret.txt"), SECRET)] {
        fs::write(path, content).expect("a file");
    }
    let (scope, uri) = (fixture.scope(), fixture.uri("allowed/project/swapped/below/secret.txt"));
    while_swapped(&fixture, "swapped", "good", "outside", || {
        let opened = scope.file(&fixture.folders, &uri).ok();
        opened.and_then(|(file, uri)| read(file, uri, Part::Bytes(0, 100)).ok()).map_or(String::new(), |text| text.text)
    });
    while_swapped(&fixture, "swapped", "good", "outside", || {
        scope.narrowed(&fixture.folders, "swapped/below").map(contents).unwrap_or_default()
    });
    while_swapped(&fixture, "swapped", "inside", "outside", || marks(fixture.scope()));
}

#[test]
fn a_root_that_becomes_a_link_is_no_way_out() {
    let fixture = Fixture::new();
    fs::create_dir_all(fixture.path("allowed/project/swapped")).expect("a folder");
    fs::write(fixture.path("allowed/project/swapped/a.txt"), "good").expect("a file");
    let root = fixture.uri("allowed/project/swapped");
    while_swapped(&fixture, "swapped", "good", "outside", || {
        let (scope, _) = mcp_root_contexts::workspace::scope::Scope::of_roots(&fixture.folders, [root.as_str()]);
        contents(scope)
    });
}

#[test]
fn pipes_sockets_and_devices_keep_nobody_waiting() {
    let (done, wait) = mpsc::channel();
    std::thread::spawn(move || {
        let fixture = Fixture::new();
        let mut said = Vec::new();
        for name in ["pipe", "socket", "null"] {
            let opened = fixture.scope().file(&fixture.folders, &fixture.uri(&format!("allowed/project/{name}")));
            said.push(opened.map(|_| ()).expect_err(name).to_string());
        }
        let out = contents(fixture.scope()) + &marks(fixture.scope());
        let _ = done.send((said, out));
    });
    let (said, out) = wait.recv_timeout(Duration::from_secs(30)).expect("nothing waits for the other end of a pipe");
    assert_eq!(said, ["not a regular file", "not a regular file", "this path is not allowed"]);
    assert!(out.contains("special: 2") && out.contains("inside"), "{out}");
}
