//! From the paths of a command line to scenarios: files as they are, directories with all that is in them.

use crate::exit::Failure;
use crate::names::did_you_mean;
use qmprobe_engine::scenarios::Entry;
use qmprobe_scenario::parse::BYTES_MAX;
use qmprobe_scenario::{Known, parse};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// What the files of scenarios are called.
const EXTENSION: &str = "qmp";
/// Directories that may lie in one another.
const DEPTH_MAX: usize = 16;

/// Whether the path names a scenario by its extension.
pub fn is_scenario(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == EXTENSION)
}

/// Reads all scenarios that the paths name, those of a directory in the order of their names.
///
/// # Errors
/// Usage: a path that leads nowhere, a directory without scenarios, a file that is none. All files are looked
/// at, so that their problems are told together.
pub fn load(paths: &[PathBuf]) -> Result<Vec<Entry>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let before = files.len();
        gather(path, 0, &mut files)?;
        if files.len() == before {
            return Err(Failure::usage(format!("{} holds no scenario (*.{EXTENSION})", path.display())));
        }
    }
    let mut entries = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        match read(&file) {
            Ok(entry) => entries.push(entry),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(entries) } else { Err(Failure::usage(problems.join("\n"))) }
}

fn gather(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let unreadable = |error| Failure::usage(format!("cannot read {}: {error}", path.display()));
    if !path.exists() {
        return Err(Failure::usage(format!("there is no {}{}", path.display(), neighbours(path))));
    }
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    if depth == DEPTH_MAX {
        return Ok(());
    }
    let mut inside = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        inside.push(entry.map_err(unreadable)?.path());
    }
    inside.sort();
    for path in inside.iter().filter(|path| path.is_dir() || is_scenario(path)) {
        gather(path, depth + 1, files)?;
    }
    Ok(())
}

/// `, did you mean A?`: what lies beside a path that leads nowhere.
fn neighbours(path: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names: Vec<String> = folder
        .read_dir()
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let given = path.file_name().unwrap_or_default().to_string_lossy();
    did_you_mean(&given, names.iter().map(String::as_str))
}

/// The scenario in a file, or what is wrong with it.
fn read(path: &Path) -> Result<Entry, String> {
    let name = path.display().to_string();
    let mut text = String::new();
    // One byte more than there may be: the reader of scenarios then says that it is too large.
    let bounded = |file: File| file.take(BYTES_MAX as u64 + 1).read_to_string(&mut text);
    File::open(path).and_then(bounded).map_err(|error| format!("cannot read {name}: {error}"))?;
    let rules: Vec<&str> = qmprobe_check::ALL.iter().map(|rule| rule.slug).collect();
    match parse(&text, &name, Known { rules: &rules }) {
        Ok(scenario) => Ok(Entry { name, scenario }),
        Err(bad) => Err(format!("{name} is no scenario\n{bad}")),
    }
}
