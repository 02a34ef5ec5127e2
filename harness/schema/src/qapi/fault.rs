//! What is wrong with a document, where, and what was perhaps meant; and how that is shown in the text.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::fmt;
use std::sync::Arc;

/// A place in one of the documents, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) struct Span {
    pub file: u32,
    pub start: u32,
    pub end: u32,
}

/// One document.
#[derive(Debug)]
pub(super) struct Document {
    /// Its path as it was reached.
    pub name: String,
    pub text: String,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError {
    /// The document.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The definition in which it is, such as `command 'stop'`; empty outside of one.
    pub within: String,
    /// What is wrong.
    pub message: String,
    /// What would be right, or empty.
    pub help: String,
    span: Span,
}

impl fmt::Display for SourceError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SourceError { file, line, column, within, message, help, .. } = self;
        write!(out, "{file}:{line}:{column}: ")?;
        if !within.is_empty() {
            write!(out, "in {within}: ")?;
        }
        write!(out, "{message}")?;
        if help.is_empty() { Ok(()) } else { write!(out, " ({help})") }
    }
}

/// Everything that is wrong with a document and what it includes.
#[derive(Clone, Debug)]
pub struct SourceErrors {
    errors: Vec<SourceError>,
    documents: Vec<Arc<Document>>,
}

impl SourceErrors {
    /// The errors in the order in which they were found.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &SourceError> {
        self.errors.iter()
    }

    /// The errors in the text that they are about, for a person.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut out = String::new();
        for error in &self.errors {
            out.push_str(&self.render_one(&renderer, error));
            out.push_str("\n\n");
        }
        let count = self.errors.len();
        out.push_str(&format!("{count} error{} in the schema", if count == 1 { "" } else { "s" }));
        out
    }

    fn render_one(&self, renderer: &Renderer, error: &SourceError) -> String {
        let Some(document) = self.documents.get(error.span.file as usize) else { return error.to_string() };
        let title = match error.within.as_str() {
            "" => error.message.clone(),
            within => format!("{within}: {}", error.message),
        };
        let range = error.span.start as usize..error.span.end as usize;
        let snippet = Snippet::source(&document.text)
            .path(&error.file)
            .annotation(AnnotationKind::Primary.span(range).label(&error.help));
        renderer.render(&[Level::ERROR.primary_title(title).element(snippet)])
    }
}

impl fmt::Display for SourceErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, error) in self.errors.iter().enumerate() {
            if nth > 0 {
                writeln!(out)?;
            }
            write!(out, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SourceErrors {}

/// Something that was put right while reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The document.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What it was.
    pub message: String,
}

/// A fault before its place is counted out in lines.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub span: Span,
    pub within: String,
    pub message: String,
    pub help: String,
}

/// The faults found so far, and the definition that is being looked at.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub found: Vec<Fault>,
    pub notes: Vec<(Span, String)>,
    /// `command 'stop'`
    pub within: String,
}

/// Faults of one load; further ones are not kept.
const FAULTS_MAX: usize = 1000;

impl Faults {
    pub fn push(&mut self, span: Span, message: impl Into<String>) {
        self.push_with_help(span, message, String::new());
    }

    pub fn push_with_help(&mut self, span: Span, message: impl Into<String>, help: String) {
        if self.found.len() < FAULTS_MAX {
            self.found.push(Fault { span, within: self.within.clone(), message: message.into(), help });
        }
    }

    pub fn note(&mut self, span: Span, message: impl Into<String>) {
        if self.notes.len() < FAULTS_MAX {
            self.notes.push((span, message.into()));
        }
    }
}

/// Counts out the places of faults.
pub(super) fn told(faults: Vec<Fault>, documents: Vec<Arc<Document>>) -> SourceErrors {
    let errors = faults.into_iter().map(|fault| {
        let Fault { span, within, message, help } = fault;
        let (file, line, column) = place(&documents, span);
        SourceError { file, line, column, within, message, help, span }
    });
    let errors = errors.collect();
    SourceErrors { errors, documents }
}

/// Counts out the places of notes.
pub(super) fn noted(notes: Vec<(Span, String)>, documents: &[Arc<Document>]) -> Vec<Note> {
    let notes = notes.into_iter().map(|(span, message)| {
        let (file, line, _) = place(documents, span);
        Note { file, line, message }
    });
    notes.collect()
}

fn place(documents: &[Arc<Document>], span: Span) -> (String, usize, usize) {
    let Some(document) = documents.get(span.file as usize) else { return (String::new(), 1, 1) };
    let before = document.text.get(..span.start as usize).unwrap_or(&document.text);
    let line = 1 + before.bytes().filter(|byte| *byte == b'\n').count();
    let column = 1 + before.rsplit('\n').next().unwrap_or_default().chars().count();
    (document.name.clone(), line, column)
}

/// ` did you mean 'X'?` for the candidate that is most like `name`, if one is like it.
pub(super) fn did_you_mean<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> String {
    let lower = name.to_lowercase();
    let likeness = |candidate: &str| strsim::jaro_winkler(&lower, &candidate.to_lowercase());
    let best =
        candidates.map(|candidate| (likeness(candidate), candidate)).max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((likeness, candidate)) if likeness >= 0.85 => format!("did you mean '{candidate}'?"),
        _ => String::new(),
    }
}
