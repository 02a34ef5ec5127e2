//! Documentation as 2.9 to 8.2 read it: a section goes on until another begins.

use super::super::fault::{Faults, Span};
use super::{Doc, Line};

/// A part of a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Body,
    Members,
    Features,
    Tagged,
}

/// The comment that is being read.
struct Reader<'f> {
    faults: &'f mut Faults,
    doc: Doc,
    part: Part,
    /// What the present section is called, where, whether it has text, and the indentation of that text.
    section: Option<(String, Span)>,
    has_text: bool,
    indent: usize,
    /// The last line was empty.
    gap: bool,
    seen: Vec<String>,
}

/// Reads a comment as 2.9 to 8.2 do.
pub(super) fn read(lines: &[Line<'_>], span: Span, faults: &mut Faults) -> Option<Doc> {
    let mut reader = Reader {
        faults,
        doc: Doc::new(span),
        part: Part::Body,
        section: None,
        has_text: false,
        indent: 0,
        gap: false,
        seen: Vec::new(),
    };
    for line in lines {
        if let Some(message) = reader.classify(line.text, line.span) {
            reader.faults.push(line.span, message);
            return None;
        }
        reader.gap = line.text.is_empty();
    }
    reader.close_section();
    Some(reader.doc)
}

/// Whether a line's first word opens a section of its own.
fn is_tag(word: &str) -> bool {
    matches!(word, "Returns:" | "Since:" | "TODO:" | "Note:" | "Notes:" | "Example:" | "Examples:")
}

impl Reader<'_> {
    /// What a line is; the fault in it, if there is one.
    fn classify(&mut self, line: &str, span: Span) -> Option<String> {
        let word = line.split(' ').next().unwrap_or_default();
        let name = word.strip_prefix('@').and_then(|rest| rest.strip_suffix(':'));
        let fresh = self.part == Part::Body && self.doc.symbol.is_none() && !self.has_text;
        if fresh && line.starts_with('@') {
            return self.symbol(line, span);
        }
        if line.starts_with("= ") || line.starts_with("== ") {
            return self.heading();
        }
        if self.doc.symbol.is_none() {
            return self.free(line, name);
        }
        if let Some(name) = name {
            return self.described(name, line, span);
        }
        if is_tag(word) {
            return self.tagged(word.trim_end_matches(':'), line, span);
        }
        let opens_features = self.part == Part::Body || self.part == Part::Members && self.gap;
        if line == "Features:" && opens_features {
            self.close_section();
            self.part = Part::Features;
            return None;
        }
        self.text(line)
    }

    fn symbol(&mut self, line: &str, span: Span) -> Option<String> {
        let Some(name) = line[1..].strip_suffix(':') else {
            return Some("a line that names what is documented ends with ':'".to_owned());
        };
        if name.is_empty() {
            return Some("a name must follow '@'".to_owned());
        }
        self.doc.symbol = Some((name.to_owned(), span));
        None
    }

    fn heading(&mut self) -> Option<String> {
        if self.doc.symbol.is_some() {
            return Some("a heading cannot stand in the documentation of a definition".to_owned());
        }
        self.has_text = true;
        None
    }

    /// A line of a comment that is about nothing in particular.
    fn free(&mut self, line: &str, name: Option<&str>) -> Option<String> {
        self.has_text |= !line.is_empty();
        let described = name.filter(|name| !name.is_empty());
        described
            .map(|name| format!("'@{name}:' describes a member, and this comment is about no definition"))
    }

    /// A line that begins to describe a member or a feature.
    fn described(&mut self, name: &str, line: &str, span: Span) -> Option<String> {
        if self.part == Part::Tagged {
            return Some(format!("'@{name}:' cannot follow a section that is about something else"));
        }
        if name.is_empty() {
            return Some("a name must follow '@'".to_owned());
        }
        self.close_section();
        if self.part == Part::Body {
            self.part = Part::Members;
        }
        let list = if self.part == Part::Features { &mut self.doc.features } else { &mut self.doc.members };
        if list.iter().any(|(known, _)| known == name) {
            return Some(format!("'{name}' is described twice"));
        }
        list.push((name.to_owned(), span));
        self.open_section(name, line, name.len() + 2, span);
        None
    }

    fn tagged(&mut self, tag: &str, line: &str, span: Span) -> Option<String> {
        let once = matches!(tag, "Returns" | "Since");
        if once && self.seen.iter().any(|seen| seen == tag) {
            return Some(format!("there are two sections '{tag}'"));
        }
        self.seen.push(tag.to_owned());
        self.close_section();
        self.part = Part::Tagged;
        if tag == "Returns" {
            self.doc.returns = Some(span);
        }
        self.open_section(tag, line, tag.len() + 1, span);
        None
    }

    fn open_section(&mut self, name: &str, line: &str, header: usize, span: Span) {
        let text = line[header..].trim_start();
        self.has_text = !text.is_empty();
        self.indent = if text.is_empty() { 0 } else { line.len() - text.len() };
        self.section = Some((name.to_owned(), span));
    }

    /// A section that was opened must have come to something.
    fn close_section(&mut self) {
        let Some((name, span)) = self.section.take() else { return };
        if !self.has_text {
            self.faults.push(span, format!("the section '{name}' is empty"));
        }
        self.indent = 0;
        self.has_text = true;
    }

    fn text(&mut self, line: &str) -> Option<String> {
        let indent = line.len() - line.trim_start().len();
        let in_list = matches!(self.part, Part::Members | Part::Features);
        if !line.is_empty() && in_list && self.gap && indent == 0 {
            // It begins a section without a name.
            self.close_section();
            self.part = Part::Tagged;
        }
        if !line.is_empty() && self.section.is_some() && indent < self.indent {
            return Some(format!("this is indented less than the {} columns of its section", self.indent));
        }
        self.has_text |= !line.is_empty();
        None
    }
}
