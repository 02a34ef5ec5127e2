//! Where a schema that the user names comes from: a file, or what is shipped. The disk side of the schema
//! crate, which itself reads no files.

use crate::exit::Failure;
use crate::names::did_you_mean;
use qmprobe_schema::{Schema, load_text, shipped, shipped_names};
use qmprobe_wire::Dialect;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Bytes of a schema file. QEMU's introspection reply has 200 kB.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// The schema meant by `name`: a path if there is one, else a shipped name.
///
/// # Errors
/// Usage: there is none, or it cannot be loaded.
pub fn load(name: &str) -> Result<Schema, Failure> {
    let path = Path::new(name);
    if !path.exists() {
        return from_shipped(name);
    }
    let text = read(path).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    load_text(&text, name).map_err(|error| Failure::Usage(error.into()))
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
