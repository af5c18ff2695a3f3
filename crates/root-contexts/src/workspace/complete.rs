//! How a path goes on: the entries of one folder that begin so.

use super::{folders::Folders, open, scope::Scope, uri::FileUri, uri::check_name};

/// Entries of a folder that are looked at.
const MAX_ENTRIES: usize = 10_000;

/// Paths that begin with `value`, which is what stands behind `file://`: names as they are, not percent-encoded,
/// folders with a slash at their end. In order. Blocks.
pub fn paths(folders: &Folders, value: &str) -> Vec<String> {
    let value = if value.is_empty() { "/" } else { value };
    let Some((above, start)) = value.rsplit_once('/') else { return Vec::new() };
    let names: Vec<String> = above.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if names.iter().any(|name| check_name(name).is_err()) {
        return Vec::new();
    }
    let mut found: Vec<String> = if names.is_empty() {
        // Labels only: the paths of the host are for those who know them.
        folders.all().iter().map(|folder| format!("{}/", folder.label)).collect()
    } else {
        entries(folders, &names)
    };
    found.retain(|name| name.starts_with(start));
    found.sort();
    // RFC 6570: `{+path}` leaves these as they are when it is expanded, and a URI would end at them.
    let escape = |name: &str| name.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    found.iter().map(|name| format!("{above}/{}", escape(name))).collect()
}

fn entries(folders: &Folders, names: &[String]) -> Vec<String> {
    let uri = FileUri::write(names);
    let Ok(scope) = Scope::everything(folders).narrowed(folders, &uri) else { return Vec::new() };
    let Some(area) = scope.areas.first() else { return Vec::new() };
    let Ok(entries) = area.dir.entries() else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries.take(MAX_ENTRIES).flatten() {
        let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else { continue };
        if name == ".git" || check_name(&name).is_err() {
            continue;
        }
        if kind.is_dir() {
            found.push(format!("{name}/"));
        } else if kind.is_file() || (kind.is_symlink() && open::file(&area.dir, std::slice::from_ref(&name)).is_ok()) {
            found.push(name);
        }
    }
    found
}
