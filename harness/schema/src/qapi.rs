//! QAPI source of every era: from the text of a document and what it includes to the schema.
//!
//! A document goes through tokens (`lex`), expressions (`syntax`), definitions (`define`) and the schema
//! (`resolve`); what each version of the language has is in `era`. Nothing here reads files: [`SourceFiles`]
//! does. Source: QEMU `docs/devel/qapi-code-gen.rst`, `scripts/qapi`.

mod clash;
mod condition;
mod define;
mod docs;
mod era;
mod fault;
mod lex;
mod names;
mod pragma;
mod resolve;
mod since;
mod syntax;

use crate::model::Schema;
use crate::outline::Outline;
use define::{Body, Definer, Definition, entry};
pub use era::{BadEra, Era};
use fault::{Document, Faults, Span};
pub use fault::{Note, SourceError, SourceErrors};
use pragma::Pragmas;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use syntax::{Expression, Parser};

/// Documents of one schema. QEMU 11 has about 80.
const DOCUMENTS_MAX: usize = 1000;
/// Documents that include one another in a row.
const INCLUDES_DEPTH_MAX: usize = 64;

/// Where the documents are.
pub trait SourceFiles {
    /// The text of the document at `path`.
    ///
    /// # Errors
    /// It cannot be read, or is no text.
    fn read(&self, path: &Path) -> io::Result<String>;
}

/// How a document is to be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct SourceOptions {
    /// The version whose rules hold; without it the newest version is taken that has nothing to object to.
    pub era: Option<Era>,
    /// The document is known to be cut: what is missing makes the schema partial, and is no error.
    pub partial: bool,
    /// Documentation comments cannot be trusted, and are passed over.
    pub ignore_docs: bool,
}

/// What a schema has, as its documents declare it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Commands.
    pub commands: usize,
    /// Events.
    pub events: usize,
    /// Structs.
    pub structs: usize,
    /// Enumerations.
    pub enums: usize,
    /// Unions.
    pub unions: usize,
    /// Alternates, anonymous unions included.
    pub alternates: usize,
    /// Expressions that include another document.
    pub includes: usize,
}

/// A schema that was loaded from source.
#[derive(Debug)]
pub struct Loaded {
    /// The schema, with everything that is conditional.
    pub schema: Schema,
    /// The version whose rules it was read by.
    pub era: Era,
    /// Whether that version was found out, and not given.
    pub era_found: bool,
    /// What was put right.
    pub notes: Vec<Note>,
    /// What it declares.
    pub counts: Counts,
}

/// Loads the schema whose main document is at `path`.
///
/// # Errors
/// Everything that is wrong with it, by the rules of the version given; else by those of the version that
/// has least to object to.
pub fn from_source(
    path: &Path,
    files: &dyn SourceFiles,
    options: &SourceOptions,
) -> Result<Loaded, SourceErrors> {
    let mut library = Library { files, documents: Vec::new(), paths: Vec::new() };
    if let Some(era) = options.era {
        let loaded = attempt(path, &mut library, era, options, Thoroughness::Every);
        return loaded.map_err(|faults| library.errors(faults));
    }
    for era in Era::turns() {
        if let Ok(loaded) = attempt(path, &mut library, era, options, Thoroughness::First) {
            return Ok(Loaded { era_found: true, ..loaded });
        }
    }
    let mut least: Option<Vec<fault::Fault>> = None;
    for era in Era::turns() {
        let thoroughness =
            least.as_ref().map_or(Thoroughness::Every, |least| Thoroughness::Below(least.len()));
        let found = attempt(path, &mut library, era, options, thoroughness).err();
        least = found.filter(|found| thoroughness.bears(found.len())).or(least);
    }
    Err(library.errors(least.unwrap_or_default()))
}

/// Which faults are to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thoroughness {
    /// All.
    Every,
    /// Whether there is any.
    First,
    /// All, if there are fewer than so many.
    Below(usize),
}

impl Thoroughness {
    /// Whether further faults are to be found when there are so many.
    fn bears(self, faults: usize) -> bool {
        match self {
            Thoroughness::Every => true,
            Thoroughness::First => faults == 0,
            Thoroughness::Below(most) => faults < most,
        }
    }
}

/// The documents that were read so far.
struct Library<'f> {
    files: &'f dyn SourceFiles,
    documents: Vec<Arc<Document>>,
    /// Their paths, without detours.
    paths: Vec<PathBuf>,
}

impl Library<'_> {
    /// The number of the document at `path`.
    fn open(&mut self, path: &Path) -> io::Result<usize> {
        let direct = without_detours(path);
        if let Some(known) = self.paths.iter().position(|known| *known == direct) {
            return Ok(known);
        }
        if self.documents.len() >= DOCUMENTS_MAX {
            return Err(io::Error::other(format!("more than {DOCUMENTS_MAX} documents")));
        }
        let text = self.files.read(path)?;
        if u32::try_from(text.len()).is_err() {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.documents.push(Arc::new(Document { name: path.display().to_string(), text }));
        self.paths.push(direct);
        Ok(self.documents.len() - 1)
    }

    fn errors(self, faults: Vec<fault::Fault>) -> SourceErrors {
        fault::told(faults, self.documents)
    }
}

/// Reads everything by the rules of one version. Fails with the faults.
fn attempt(
    path: &Path,
    library: &mut Library<'_>,
    era: Era,
    options: &SourceOptions,
    thoroughness: Thoroughness,
) -> Result<Loaded, Vec<fault::Fault>> {
    let mut reading = Reading {
        library,
        era,
        options,
        faults: Faults::default(),
        pragmas: Pragmas::new(options.partial),
        counts: Counts::default(),
        outline: Outline::default(),
        read: Vec::new(),
        missing: false,
        thoroughness,
    };
    let mut collected = Vec::new();
    match reading.library.open(path) {
        Ok(first) => reading.document(first, &mut vec![first], &mut collected),
        Err(error) => reading.faults.push(
            Span { file: u32::MAX, ..Span::default() },
            format!("cannot read {}: {error}", path.display()),
        ),
    }
    if reading.is_over() {
        return Err(reading.faults.found);
    }
    let Reading { mut faults, mut pragmas, mut counts, missing, outline, .. } = reading;
    pragmas.doc_required &= !options.ignore_docs;
    let overlooks = era.overlooks_strangers() && options.era.is_some();
    let mut definer = Definer::new(era, &pragmas, overlooks, &mut faults);
    let definitions: Vec<Definition> =
        collected.into_iter().filter_map(|expression| definer.definition(expression)).collect();
    definitions.iter().for_each(|definition| count(&mut counts, &definition.body));
    let mut schema = resolve::resolve(&definitions, &pragmas, era, options.partial, &mut faults);
    schema.partial |= missing;
    schema.outline = Outline { undefined: std::mem::take(&mut schema.outline.undefined), ..outline };
    if !faults.found.is_empty() {
        return Err(faults.found);
    }
    let defined = definitions.iter().map(|definition| definition.name.name.as_str()).collect();
    for document in &library.documents {
        since::read(&document.text, &defined, &mut schema.outline.since);
    }
    let notes = fault::noted(faults.notes, &library.documents);
    Ok(Loaded { schema, era, era_found: false, notes, counts })
}

/// One pass over all documents.
struct Reading<'l, 'f> {
    library: &'l mut Library<'f>,
    era: Era,
    options: &'l SourceOptions,
    faults: Faults,
    pragmas: Pragmas,
    counts: Counts,
    outline: Outline,
    /// Documents that need not be read again.
    read: Vec<usize>,
    /// A document that is included is not there.
    missing: bool,
    thoroughness: Thoroughness,
}

impl Reading<'_, '_> {
    /// Whether what was found is enough.
    fn is_over(&self) -> bool {
        !self.thoroughness.bears(self.faults.found.len())
    }

    /// Reads the document with this number and what it includes. `path` are the documents that it was
    /// included by, itself last.
    fn document(&mut self, number: usize, path: &mut Vec<usize>, out: &mut Vec<Expression>) {
        self.read.push(number);
        let document = Arc::clone(&self.library.documents[number]);
        let parser =
            Parser::new(&document.text, number as u32, self.era, self.options.ignore_docs, &mut self.faults);
        for expression in parser.expressions() {
            if self.is_over() {
                return;
            }
            if self.era.includes() && entry(&expression.entries, "include").is_some() {
                self.reject_doc(&expression);
                self.include(&document, &expression, path, out);
            } else if self.era.has_pragmas() && entry(&expression.entries, "pragma").is_some() {
                self.reject_doc(&expression);
                self.pragmas.take(&expression.entries, self.era, &mut self.faults);
                self.outline.pragmas.extend(pragma::told(&expression.entries));
            } else {
                out.push(expression);
            }
        }
    }

    fn reject_doc(&mut self, expression: &Expression) {
        docs::reject_dangling(expression.doc.clone(), &mut self.faults);
    }

    fn include(
        &mut self,
        from: &Document,
        expression: &Expression,
        path: &mut Vec<usize>,
        out: &mut Vec<Expression>,
    ) {
        let [include] = expression.entries.as_slice() else {
            return self.faults.push(expression.span, "'include' stands alone in its expression");
        };
        let span = include.node.span;
        let Some(name) = include.node.as_text() else {
            return self
                .faults
                .push(span, format!("what is included is a string, and this is {}", include.node.kind()));
        };
        self.counts.includes += 1;
        self.outline.includes.push(name.to_owned());
        let beside = Path::new(&from.name).parent().unwrap_or(Path::new("")).join(name);
        let number = match self.library.open(&beside) {
            Ok(number) => number,
            Err(_) if self.options.partial => {
                self.missing = true;
                return;
            }
            Err(error) => {
                return self.faults.push(span, format!("cannot read {}: {error}", beside.display()));
            }
        };
        if path.contains(&number) {
            return self.faults.push(span, format!("'{name}' includes itself by way of this"));
        }
        if self.read.contains(&number) {
            return;
        }
        if path.len() >= INCLUDES_DEPTH_MAX {
            return self.faults.push(span, format!("includes more than {INCLUDES_DEPTH_MAX} levels deep"));
        }
        path.push(number);
        self.document(number, path, out);
        path.pop();
    }
}

fn count(counts: &mut Counts, body: &Body) {
    let counter = match body {
        Body::Enum(_) => &mut counts.enums,
        Body::Struct { .. } => &mut counts.structs,
        Body::Union(_) => &mut counts.unions,
        Body::Alternate(_) => &mut counts.alternates,
        Body::Command(_) => &mut counts.commands,
        Body::Event { .. } => &mut counts.events,
    };
    *counter += 1;
}

/// The path without `.` and without `..` behind a name.
fn without_detours(path: &Path) -> PathBuf {
    let mut direct = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if direct
                    .components()
                    .next_back()
                    .is_some_and(|last| matches!(last, Component::Normal(_))) =>
            {
                direct.pop();
            }
            part => direct.push(part),
        }
    }
    direct
}
