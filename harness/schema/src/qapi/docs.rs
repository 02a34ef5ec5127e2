//! Documentation comments, as far as they can be wrong: what they document must exist and follow, sections
//! must be in order. What they say is not kept.
//!
//! Source: QEMU `scripts/qapi/parser.py:QAPIDoc` of 2.9 to 11.

mod relaxed;
mod strict;

use super::era::Era;
use super::fault::{Faults, Span};
use super::lex::line_end;

/// A documentation comment.
#[derive(Clone, Debug)]
pub(super) struct Doc {
    pub span: Span,
    /// The definition that it is about, with the place of its name; `None` for one about nothing in particular.
    pub symbol: Option<(String, Span)>,
    /// The members that it describes.
    pub members: Vec<(String, Span)>,
    /// The features that it describes.
    pub features: Vec<(String, Span)>,
    /// Where it says what a command returns.
    pub returns: Option<Span>,
    /// Where it says which errors a command has.
    pub errors: Option<Span>,
}

impl Doc {
    fn new(span: Span) -> Doc {
        Doc { span, symbol: None, members: Vec::new(), features: Vec::new(), returns: None, errors: None }
    }
}

/// A line without its `# `.
#[derive(Clone, Copy, Debug)]
struct Line<'t> {
    text: &'t str,
    span: Span,
}

/// A comment about a definition must stand right before it.
pub(super) fn reject_dangling(doc: Option<Doc>, faults: &mut Faults) {
    if let Some((symbol, span)) = doc.and_then(|doc| doc.symbol) {
        faults.push(span, format!("this documents '{symbol}', whose definition does not follow"));
    }
}

/// Reads the comment that begins with the line at `first`; also where reading goes on.
pub(super) fn read(text: &str, first: Span, era: Era, faults: &mut Faults) -> (Option<Doc>, usize) {
    let (lines, end) = lines(text, first, faults);
    let Some(lines) = lines else { return (None, end) };
    let doc = if era.docs_are_strict() {
        strict::read(&lines, first, era, faults)
    } else {
        relaxed::read(&lines, first, era, faults)
    };
    (doc, end)
}

/// The lines between the two `##`, and where the comment ends; no lines, and a fault, where it is malformed.
fn lines<'t>(text: &'t str, first: Span, faults: &mut Faults) -> (Option<Vec<Line<'t>>>, usize) {
    let bytes = text.as_bytes();
    let mut at = first.end as usize;
    if text[first.start as usize..at].trim_end_matches('\r') != "##" {
        faults.push(first, "nothing may follow '##' where a documentation comment begins");
        return (None, end_of_comment(text, at));
    }
    let mut lines = Some(Vec::new());
    loop {
        let skipped = text[at..].find(|symbol: char| !symbol.is_ascii_whitespace());
        let start = skipped.map_or(bytes.len(), |skipped| at + skipped);
        if bytes.get(start) != Some(&b'#') {
            faults.push(first, "the documentation comment is not closed by '##'");
            return (None, start);
        }
        at = line_end(bytes, start);
        let span = Span { file: first.file, start: start as u32, end: at as u32 };
        let line = text[start..at].trim_end();
        if line.starts_with("##") {
            if line != "##" {
                faults.push(span, "nothing may follow '##' where a documentation comment ends");
                return (None, at);
            }
            return (lines, at);
        }
        match (line[1..].strip_prefix(' '), &mut lines) {
            (Some(text), Some(lines)) => lines.push(Line { text, span }),
            (None, Some(all)) if line.len() == 1 => all.push(Line { text: "", span }),
            (None, Some(_)) => {
                faults.push(span, "a space must follow '#'");
                lines = None;
            }
            (_, None) => {}
        }
    }
}

/// Behind the comment that goes on at `at`, so that its rest is not read as another one.
fn end_of_comment(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        let start = at + rest.len() - rest.trim_start().len();
        if !text[start..].starts_with('#') {
            return start;
        }
        let end = line_end(text.as_bytes(), start);
        if text[start..end].starts_with("##") {
            return end;
        }
        at = end;
    }
}

/// The name that a line such as `@NAME: text` describes, and the text.
fn described(line: &str) -> Option<(&str, &str)> {
    let (name, text) = line.strip_prefix('@')?.split_once(':')?;
    Some((name, text.trim_start_matches(' ')))
}
