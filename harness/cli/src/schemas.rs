//! Where a schema that the user names comes from: shipped, a file, or a directory of QAPI source.
//! The disk side of the schema crate, which itself reads no files.

use crate::exit::Failure;
use crate::names::did_you_mean;
use qmprobe_schema::{Schema, SourceFiles, from_source, load_text, shipped, shipped_names};
use qmprobe_wire::Dialect;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

/// Bytes of a schema file. QEMU's whole QAPI source is about 2 MB.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// Where a directory keeps its root document.
const ROOTS: &[&str] = &["qapi-schema.json", "qapi/qapi-schema.json"];

/// The schema meant by `name`: a path if there is one, else a shipped name.
///
/// # Errors
/// Usage: there is none, or it cannot be loaded.
pub fn load(name: &str) -> Result<Schema, Failure> {
    let path = Path::new(name);
    if path.is_dir() {
        return source(&root(path)?);
    }
    if !path.exists() {
        return from_shipped(name);
    }
    let text = read(path).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    if is_json(&text) {
        load_text(&text, name).map_err(|error| Failure::Usage(error.into()))
    } else {
        source(path)
    }
}

/// The schema of the reference peer, when none is named.
///
/// # Errors
/// Trouble: it is not shipped after all.
pub fn default_for(dialect: Dialect) -> Result<Schema, Failure> {
    let name = match dialect {
        Dialect::Qmp => "qemu-7.2",
        Dialect::Qga => "qga-7.2",
    };
    match shipped(name) {
        Some(loaded) => loaded.map_err(Failure::trouble),
        None => Err(Failure::Trouble(anyhow::anyhow!("the schema {name} is not built in"))),
    }
}

fn from_shipped(name: &str) -> Result<Schema, Failure> {
    match shipped(name) {
        Some(loaded) => loaded.map_err(Failure::trouble),
        None => {
            let hint = did_you_mean(name, shipped_names());
            Err(Failure::usage(format!("there is no file and no shipped schema `{name}`{hint}")))
        }
    }
}

fn root(dir: &Path) -> Result<PathBuf, Failure> {
    ROOTS
        .iter()
        .map(|root| dir.join(root))
        .find(|path| path.is_file())
        .ok_or_else(|| Failure::usage(format!("{} has no {}", dir.display(), ROOTS.join(" and no "))))
}

fn source(path: &Path) -> Result<Schema, Failure> {
    from_source(path, &Disk).map_err(|errors| Failure::usage(errors.render(io::stderr().is_terminal())))
}

/// JSON documents begin with a bracket and a double quote; QAPI source has comments and single quotes.
fn is_json(text: &str) -> bool {
    let mut chars = text.chars().filter(|c| !c.is_whitespace());
    matches!((chars.next(), chars.next()), (Some('['), Some('{' | ']')) | (Some('{'), Some('"')))
}

struct Disk;

impl SourceFiles for Disk {
    fn read(&self, path: &Path) -> io::Result<String> {
        read(path)
    }
}

fn read(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > FILE_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("longer than {FILE_BYTES_MAX} bytes"),
        ));
    }
    let mut text = String::new();
    File::open(path)?.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_from_qapi_source() {
        assert!(is_json("[ {\"name\": 1} ]"));
        assert!(is_json("{\n  \"return\": []}"));
        assert!(!is_json("{ 'command': 'x' }"));
        assert!(!is_json("# comment\n{ 'command': 'x' }"));
        assert!(!is_json(""));
    }
}
