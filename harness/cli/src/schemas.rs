//! Where a schema that the user names comes from: shipped, a file, or a directory of QAPI source. The disk
//! side of the schema crate, which itself reads no files.

use crate::exit::Failure;
use crate::names::did_you_mean;
use qmprobe_schema::{
    Era, Loaded, Schema, SourceFiles, SourceOptions, from_source, is_scrape, load_text, scrape, shipped,
    shipped_names,
};
use qmprobe_wire::Dialect;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

/// Bytes of a schema file. QEMU's introspection reply has 200 kB, all of its source 2 MB.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// Where a directory keeps its main document, oldest place last.
const ROOTS: &[&str] = &["qapi-schema.json", "qapi/qapi-schema.json", "qapi-schema-guest.json"];

/// How a schema is to be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// The version whose rules QAPI source obeys; found out without it.
    pub era: Option<Era>,
    /// The document was copied from a web page, and may be damaged and cut.
    pub scraped: bool,
}

/// The schema meant by `name`: a path if there is one, else a shipped name.
///
/// # Errors
/// Usage: there is none, or it cannot be loaded.
pub fn load(name: &str) -> Result<Schema, Failure> {
    read(name, Reading::default()).map(|(schema, _)| schema)
}

/// The same read in a certain way, with what is to be said of it.
///
/// # Errors
/// Usage: there is none, or it cannot be loaded.
pub fn read(name: &str, reading: Reading) -> Result<(Schema, Vec<String>), Failure> {
    let path = Path::new(name);
    if path.is_dir() {
        return source(&root(path)?, reading, None);
    }
    if !path.exists() {
        return from_shipped(name).map(|schema| (schema, Vec::new()));
    }
    let text = text_of(path).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    if reading.scraped {
        return source(path, reading, Some(&text));
    }
    if is_json(&text) {
        let schema = load_text(&text, name).map_err(|error| Failure::Usage(error.into()))?;
        return Ok((schema, Vec::new()));
    }
    if let Some(kind) = is_scrape(&text) {
        let hint = "`qmprobe schema import --scrape` undoes that";
        return Err(Failure::usage(format!("{name} was copied from a page: {kind}; {hint}")));
    }
    source(path, reading, None)
}

/// The schema of the reference peer, when none is named.
///
/// # Errors
/// Trouble: it is not shipped after all.
pub fn default_for(dialect: Dialect) -> Result<Schema, Failure> {
    let name = match dialect {
        Dialect::Qmp => "qemu-7.2",
        Dialect::Qga => "qga-10.0",
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
    let mut candidates = ROOTS.iter().map(|root| dir.join(root));
    candidates.find(|path| path.is_file()).ok_or_else(|| {
        Failure::usage(format!(
            "{} has no {}: name the document itself",
            dir.display(),
            ROOTS.join(" and no ")
        ))
    })
}

/// Loads QAPI source. `scraped` is the main document's text as it was copied.
fn source(path: &Path, reading: Reading, scraped: Option<&str>) -> Result<(Schema, Vec<String>), Failure> {
    let undone = scraped.map(scrape::undo);
    let mut notes: Vec<String> =
        undone.iter().flat_map(|undone| &undone.repairs).map(ToString::to_string).collect();
    let partial: Vec<String> =
        undone.iter().flat_map(|undone| &undone.partial).map(ToString::to_string).collect();
    let options = SourceOptions {
        era: reading.era,
        partial: undone.is_some(),
        ignore_docs: undone.as_ref().is_some_and(|undone| !undone.docs_whole || !undone.partial.is_empty()),
    };
    let disk = Disk { main: undone.map(|undone| (path.to_owned(), undone.text)) };
    let loaded = from_source(path, &disk, &options)
        .map_err(|errors| Failure::usage(format!("\n{}", errors.render(io::stderr().is_terminal()))))?;
    notes.extend(partial.iter().map(|what| format!("the document is partial: {what}")));
    notes.extend(described(&loaded));
    let mut schema = loaded.schema;
    schema.partial |= !partial.is_empty();
    Ok((schema, notes))
}

/// What is to be said of a schema that was loaded from source.
fn described(loaded: &Loaded) -> Vec<String> {
    let repairs = loaded.notes.iter().map(|note| format!("{}:{}: {}", note.file, note.line, note.message));
    let mut lines: Vec<String> = repairs.collect();
    if loaded.era_found {
        lines.push(format!("read by the rules of QEMU {}: the newest that accept it", loaded.era));
    }
    let counts = &loaded.counts;
    lines.push(format!(
        "{} commands, {} events, {} structs, {} enums, {} unions, {} alternates, {} includes{}",
        counts.commands,
        counts.events,
        counts.structs,
        counts.enums,
        counts.unions,
        counts.alternates,
        counts.includes,
        if loaded.schema.partial { "; partial: what is not there may exist" } else { "" },
    ));
    lines
}

/// JSON documents begin with a bracket and a double quote; QAPI source has comments and single quotes.
fn is_json(text: &str) -> bool {
    let mut symbols = text.trim_start_matches('\u{FEFF}').chars().filter(|symbol| !symbol.is_whitespace());
    matches!((symbols.next(), symbols.next()), (Some('['), Some('{' | ']')) | (Some('{'), Some('"')))
}

/// The file system, but for a main document that is known already.
struct Disk {
    main: Option<(PathBuf, String)>,
}

impl SourceFiles for Disk {
    fn read(&self, path: &Path) -> io::Result<String> {
        match &self.main {
            Some((main, text)) if main == path => Ok(text.clone()),
            _ => text_of(path),
        }
    }
}

fn text_of(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > FILE_BYTES_MAX {
        let limit = format!("longer than {FILE_BYTES_MAX} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, limit));
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
        for json in ["[ {\"name\": 1} ]", "{\n  \"return\": []}", "[]"] {
            assert!(is_json(json), "{json}");
        }
        for source in ["{ 'command': 'x' }", "# comment\n{ 'command': 'x' }", "", "{ }"] {
            assert!(!is_json(source), "{source}");
        }
    }
}
