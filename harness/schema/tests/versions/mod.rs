//! Texts of QAPI source held to the rules of several versions, without a disk.

use qmprobe_schema::{Loaded, SourceErrors, SourceFiles, SourceOptions, from_source};
use std::io;
use std::path::Path;

/// What versions make of a text.
pub struct Row<'a> {
    /// The document.
    pub text: &'a str,
    /// The versions that accept it.
    pub good: &'a str,
    /// The versions that refuse it, and their first fault: line, column, message.
    pub bad: &'a [(&'a str, usize, usize, &'a str)],
}

/// Documents by name.
pub struct Documents<'a>(pub &'a [(&'a str, &'a str)]);

impl SourceFiles for Documents<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        let found = self.0.iter().find(|(name, _)| Path::new(name) == path);
        found.map(|(_, text)| (*text).to_owned()).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }
}

/// Loads the first of the documents by the rules of a version; of any, if it is empty.
pub fn load(documents: &[(&str, &str)], era: &str) -> Result<Loaded, SourceErrors> {
    let era = (!era.is_empty()).then(|| era.parse().expect("a version"));
    let options = SourceOptions { era, ..SourceOptions::default() };
    from_source(Path::new(documents[0].0), &Documents(documents), &options)
}

/// Each version says of each text what the row says.
#[allow(dead_code, reason = "not every test has rows")]
pub fn hold(rows: &[Row<'_>]) {
    for Row { text, good, bad } in rows {
        for era in good.split_whitespace() {
            if let Err(errors) = load(&[("x.json", text)], era) {
                panic!("{era} refuses {text}\n{errors}");
            }
        }
        for (eras, line, column, message) in *bad {
            for era in eras.split_whitespace() {
                let Err(errors) = load(&[("x.json", text)], era) else { panic!("{era} accepts {text}") };
                let first = errors.iter().next().expect("a refusal says why");
                let told = (first.line, first.column, first.message.as_str());
                assert_eq!(told, (*line, *column, *message), "{era}: {text}");
            }
        }
    }
}
