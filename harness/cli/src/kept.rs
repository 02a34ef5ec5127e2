//! The output directory: a run's journal and findings, or, for several peers, a directory of those for each.

use qmprobe_engine::journal::{FILE, FINDINGS};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Where the run against peer `index` (from 0) of `count` goes; `kind` is the kind of peer.
pub fn place(out: &Path, index: usize, count: usize, kind: &str) -> PathBuf {
    if count == 1 { out.to_owned() } else { out.join(format!("{}-{kind}", index + 1)) }
}

/// The directories of the runs kept in `out`, in the order in which they were made. None when there is none.
///
/// # Errors
/// When the directory cannot be read.
pub fn runs(out: &Path) -> io::Result<Vec<PathBuf>> {
    if out.join(FILE).is_file() {
        return Ok(vec![out.to_owned()]);
    }
    let entries = match out.read_dir() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut dirs = Vec::new();
    for entry in entries {
        dirs.push(entry?.path());
    }
    dirs.retain(|dir| dir.join(FILE).is_file());
    dirs.sort_by_key(|dir| (number(dir), dir.clone()));
    Ok(dirs)
}

/// Removes what an earlier run left in `out`, so that a report never mixes two. Nothing but what we made: only
/// a directory with a journal holds findings of ours.
///
/// # Errors
/// When something of it cannot be removed.
pub fn clear(out: &Path) -> io::Result<()> {
    // Until none is left: one peer's files may lie beside those of several.
    loop {
        let dirs = runs(out)?;
        if dirs.is_empty() {
            return Ok(());
        }
        for dir in dirs {
            let findings = dir.join(FINDINGS);
            if findings.is_dir() {
                fs::remove_dir_all(findings)?;
            }
            fs::remove_file(dir.join(FILE))?;
        }
    }
}

/// The number that the name of a run's directory begins with.
fn number(dir: &Path) -> Option<u32> {
    dir.file_name()?.to_str()?.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(dir: &Path) {
        fs::create_dir_all(dir.join(FINDINGS)).unwrap();
        fs::write(dir.join(FILE), "").unwrap();
    }

    #[test]
    fn the_tenth_run_comes_after_the_second() {
        let out = tempfile::tempdir().unwrap();
        for index in [9, 1, 0] {
            keep(&place(out.path(), index, 10, "qemu"));
        }
        let names: Vec<_> =
            runs(out.path()).unwrap().iter().map(|dir| dir.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["1-qemu", "2-qemu", "10-qemu"]);
    }

    #[test]
    fn clearing_leaves_no_run_and_nothing_else_is_touched() {
        let out = tempfile::tempdir().unwrap();
        keep(out.path());
        keep(&place(out.path(), 0, 2, "qemu"));
        let mine = out.path().join("mine");
        fs::create_dir_all(mine.join(FINDINGS)).unwrap();
        clear(out.path()).unwrap();
        assert_eq!(runs(out.path()).unwrap(), Vec::<PathBuf>::new());
        assert!(!out.path().join(FINDINGS).exists());
        assert!(mine.join(FINDINGS).exists());
    }

    #[test]
    fn a_directory_that_does_not_exist_holds_no_run() {
        assert_eq!(runs(Path::new("/nonexistent/out")).unwrap(), Vec::<PathBuf>::new());
    }
}
