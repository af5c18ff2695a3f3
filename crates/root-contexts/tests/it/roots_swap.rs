//! What is swapped while it is read, and what would never end.
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    sync::{
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use mcp_root_contexts::workspace::{
    read::{Part, read},
    scope::Scope,
};

use crate::roots_fixture::{Fixture, SECRET, contents, marks};

/// What stands in the place that is looked at, in turn with a link that leads out.
#[derive(Clone, Copy)]
enum Good {
    /// A file. One rename puts the other over it.
    File,
    /// A link that leads inside. The same.
    Link(&'static str),
    /// A folder. It has to be moved away first, so for a moment there is nothing.
    Folder,
}

/// Swaps what is at `place` once there and back.
fn swap(place: &Path, good: Good, outside: &Path) -> std::io::Result<()> {
    let beside = |ending: &str| place.with_extension(ending);
    let (kept, link) = (beside("kept"), beside("link"));
    if let Good::Folder = good {
        fs::rename(place, &kept)?;
        fs::rename(&link, place)?;
        fs::rename(place, &link)?;
        return fs::rename(&kept, place);
    }
    symlink(outside, &link)?;
    fs::rename(&link, place)?;
    let next = beside("next");
    match good {
        Good::Link(inside) => symlink(inside, &next)?,
        _ => fs::hard_link(&kept, &next)?,
    }
    fs::rename(&next, place)
}

/// Looks over and over while `name` is swapped. `sign` says that what was seen is the good one.
fn while_swapped(fixture: &Fixture, name: &str, good: Good, outside: &str, sign: &str, look: impl Fn() -> String) {
    let (place, outside) = (fixture.path("allowed/project").join(name), fixture.path(outside));
    match good {
        Good::File => fs::hard_link(&place, place.with_extension("kept")).expect("a second name"),
        Good::Link(inside) => symlink(inside, &place).expect("a link"),
        Good::Folder => symlink(&outside, place.with_extension("link")).expect("a link"),
    }
    let (stop, swaps) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        let swapping = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                swap(&place, good, &outside).expect("nobody else is here");
                swaps.fetch_add(1, Ordering::Relaxed);
            }
        });
        let (began, mut read, mut looks) = (Instant::now(), 0, 0);
        // Long enough that both were seen, on a busy machine too.
        while (looks < 1000 && began.elapsed() < Duration::from_secs(3))
            || read == 0
            || swaps.load(Ordering::Relaxed) < 1000
        {
            let out = look();
            if out.contains(SECRET) {
                stop.store(true, Ordering::Relaxed);
                panic!("{name}: {out}");
            }
            read += usize::from(out.contains(sign));
            looks += 1;
            if swapping.is_finished() || began.elapsed() > Duration::from_secs(60) {
                stop.store(true, Ordering::Relaxed);
                panic!("{read} of {looks} were good, {swaps:?} swaps");
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    // As it was: the next may swap it again.
    for ending in ["kept", "link"] {
        let _ = fs::remove_file(place.with_extension(ending));
    }
}

/// What is read of a URI.
fn read_uri(fixture: &Fixture, scope: &Scope, uri: &str) -> String {
    let opened = scope.file(&fixture.folders, uri).ok();
    opened.and_then(|(file, uri)| read(file, uri, Part::Bytes(0, 100)).ok()).map_or(String::new(), |text| text.text)
}

#[test]
fn a_file_that_becomes_a_link_is_never_followed_out() {
    let fixture = Fixture::new();
    fs::write(fixture.path("allowed/project/swapped"), "good").expect("a file");
    let (scope, uri) = (fixture.scope(), fixture.uri("allowed/project/swapped"));
    let look = || read_uri(&fixture, &scope, &uri);
    while_swapped(&fixture, "swapped", Good::File, "secret.txt", "good", look);
    // A walk opens what it has seen in the list of a folder.
    while_swapped(&fixture, "swapped", Good::File, "secret.txt", "good", || contents(fixture.scope()));
    let (scope, uri) = (fixture.scope(), fixture.uri("allowed/project/linked"));
    let look = || read_uri(&fixture, &scope, &uri);
    while_swapped(&fixture, "linked", Good::Link("src/main.rs"), "secret.txt", "inside", look);
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
    let scope = fixture.scope();
    for (name, good) in [("swapped", Good::Folder), ("linked", Good::Link("swapped"))] {
        let uri = fixture.uri(&format!("allowed/project/{name}/below/secret.txt"));
        while_swapped(&fixture, name, good, "outside", "good", || read_uri(&fixture, &scope, &uri));
    }
    for (name, good) in [("swapped", Good::Folder), ("narrowed", Good::Link("swapped"))] {
        let directory = format!("{name}/below");
        while_swapped(&fixture, name, good, "outside", "good", || {
            scope.narrowed(&fixture.folders, &directory).map(contents).unwrap_or_default()
        });
    }
    while_swapped(&fixture, "swapped", Good::Folder, "outside", "inside", || marks(fixture.scope()));
}

#[test]
fn a_root_that_becomes_a_link_is_no_way_out() {
    let fixture = Fixture::new();
    fs::create_dir_all(fixture.path("allowed/project/swapped")).expect("a folder");
    fs::write(fixture.path("allowed/project/swapped/a.txt"), "good").expect("a file");
    for (name, good) in [("swapped", Good::Folder), ("linked", Good::Link("swapped"))] {
        let root = fixture.uri(&format!("allowed/project/{name}"));
        while_swapped(&fixture, name, good, "outside", "good", || {
            contents(Scope::of_roots(&fixture.folders, [root.as_str()]).0)
        });
    }
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
