//! Which files a path stands for.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file to read, or a path that cannot be looked at.
pub(crate) type Found = Result<PathBuf, (PathBuf, io::Error)>;

/// The file itself, whatever its name; or every `*.yaml`, `*.yml` and `*.json` below a folder, by path.
///
/// Links are followed. A file or folder that is reached twice, as in a mounted ConfigMap, counts
/// once, so links that lead back end.
pub(crate) fn manifests(path: &Path) -> Vec<Found> {
    match fs::metadata(path) {
        Err(problem) => vec![Err((path.to_owned(), problem))],
        Ok(found) if !found.is_dir() => vec![Ok(path.to_owned())],
        Ok(_) => below(path),
    }
}

fn below(folder: &Path) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut seen = HashSet::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(path) = pending.pop() {
        if !fs::canonicalize(&path).is_ok_and(|real| seen.insert(real)) {
            continue;
        }
        match children(&path) {
            Err(problem) => found.push(Err((path, problem))),
            Ok(children) => {
                for child in children {
                    match fs::metadata(&child) {
                        Ok(kind) if kind.is_dir() => pending.push(child),
                        // Something like a link to nowhere only matters if it looks like a manifest.
                        Ok(_) if is_manifest(&child) => found.push(Ok(child)),
                        Err(problem) if is_manifest(&child) => found.push(Err((child, problem))),
                        _ => {}
                    }
                }
            }
        }
    }
    found.sort_by(|a, b| path_of(a).cmp(path_of(b)));
    found.retain(|file| match file {
        Ok(path) => fs::canonicalize(path).map_or(true, |real| seen.insert(real)),
        Err(_) => true,
    });
    found
}

/// In the order of names, so that what is found first does not depend on the file system.
fn children(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut children = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    children.sort();
    Ok(children)
}

fn path_of(found: &Found) -> &Path {
    match found {
        Ok(path) | Err((path, _)) => path,
    }
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known))
}
