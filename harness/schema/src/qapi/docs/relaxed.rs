//! Documentation as 2.9 to 8.2 read it: a section goes on until another begins.

use super::super::era::Era;
use super::super::fault::{Faults, Span};
use super::{Doc, Line, described};

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
    era: Era,
    faults: &'f mut Faults,
    doc: Doc,
    part: Part,
    /// What the present section is called, and where.
    section: Option<(String, Span)>,
    has_text: bool,
    /// How far the text of the section is indented at least; `None` while no line has said so.
    indent: Option<usize>,
    /// Line ends at the end of the section's text: two are a gap. What opens features adds none.
    line_ends: usize,
    seen: Vec<String>,
}

/// Reads a comment.
pub(super) fn read(lines: &[Line<'_>], span: Span, era: Era, faults: &mut Faults) -> Option<Doc> {
    let mut reader = Reader {
        era,
        faults,
        doc: Doc::new(span),
        part: Part::Body,
        section: None,
        has_text: false,
        indent: Some(0),
        line_ends: 0,
        seen: Vec::new(),
    };
    for line in lines {
        if let Some(message) = reader.classify(line.text, line.span) {
            reader.faults.push(line.span, message);
            return None;
        }
    }
    reader.close_section();
    Some(reader.doc)
}

const TAGS: [&str; 7] = ["Returns", "Since", "TODO", "Notes", "Note", "Examples", "Example"];

/// Whether text begins with what looks like the name of a member.
fn names_something(text: &str) -> bool {
    let word = text.split(char::is_whitespace).next().unwrap_or_default();
    word.strip_prefix('@').is_some_and(|name| name.get(1..).is_some_and(|rest| rest.contains(':')))
}

impl Reader<'_> {
    /// What a line is; the fault in it, if there is one.
    fn classify(&mut self, line: &str, span: Span) -> Option<String> {
        let fresh = self.part == Part::Body && self.doc.symbol.is_none() && !self.has_text;
        if line.starts_with('=') && self.era.docs_are_markup() {
            self.has_text = true;
            let message = "a heading cannot stand in the documentation of a definition";
            return self.doc.symbol.is_some().then(|| message.to_owned());
        }
        if fresh && line.starts_with('@') {
            return self.symbol(line, span);
        }
        if self.doc.symbol.is_none() {
            self.has_text = true;
            let message = "this describes a member, and the comment is about no definition";
            let plain = if self.era.docs_are_markup() { line } else { line.trim_start() };
            return names_something(plain).then(|| message.to_owned());
        }
        if let Some((name, text)) = self.member(line) {
            return self.described(name, text, line, span);
        }
        if let Some((tag, text)) = self.tag(line) {
            return self.tagged(tag, text, line, span);
        }
        let opens_features = self.part == Part::Body || self.part == Part::Members && self.after_gap();
        if line == "Features:" && opens_features && self.era.docs_have_features() {
            self.close_section();
            self.part = Part::Features;
            return None;
        }
        self.text(line)
    }

    /// The member that a line begins to describe, and what it says of it.
    fn member<'l>(&self, line: &'l str) -> Option<(&'l str, &'l str)> {
        if self.era.docs_indent_by_second_line() {
            return described(line);
        }
        let word = line.split(' ').next().unwrap_or_default();
        let name = word.strip_prefix('@')?.strip_suffix(':')?;
        Some((name, line[word.len()..].trim_start()))
    }

    /// The section of its own that a line opens, and what it says there.
    fn tag<'l>(&self, line: &'l str) -> Option<(&'static str, &'l str)> {
        TAGS.iter().find_map(|tag| {
            let text = line.strip_prefix(tag)?.strip_prefix(':')?;
            let whole = text.is_empty() || text.starts_with(' ') || self.era.docs_indent_by_second_line();
            whole.then(|| (*tag, text.trim_start()))
        })
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

    /// A line that begins to describe a member or a feature.
    fn described(&mut self, name: &str, text: &str, line: &str, span: Span) -> Option<String> {
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
        self.open_section(name, text, line, span)
    }

    fn tagged(&mut self, tag: &str, text: &str, line: &str, span: Span) -> Option<String> {
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
        self.open_section(tag, text, line, span)
    }

    fn open_section(&mut self, name: &str, text: &str, line: &str, span: Span) -> Option<String> {
        self.has_text = !text.is_empty();
        self.indent = match () {
            () if self.era.docs_indent_by_second_line() => None,
            () if !self.era.docs_are_markup() || text.is_empty() => Some(0),
            () => Some(line.len() - text.len()),
        };
        self.section = Some((name.to_owned(), span));
        self.line_ends = 0;
        self.append(text);
        let padded = self.era.docs_are_markup() && !self.era.docs_indent_by_second_line();
        if padded { None } else { self.forbidden(text) }
    }

    /// A section that was opened must have come to something.
    fn close_section(&mut self) {
        self.indent = Some(0);
        let Some((name, span)) = self.section.take() else { return };
        if !self.has_text {
            self.faults.push(span, format!("the section '{name}' is empty"));
        }
        self.has_text = true;
    }

    fn text(&mut self, line: &str) -> Option<String> {
        let indent = line.len() - line.trim_start().len();
        let in_list = matches!(self.part, Part::Members | Part::Features);
        if !line.is_empty() && in_list && self.after_gap() && indent == 0 {
            // It begins a section without a name.
            self.close_section();
            self.part = Part::Tagged;
            self.line_ends = 0;
        }
        self.append(line);
        if !line.is_empty() {
            let least = *self.indent.get_or_insert(indent);
            if indent < least {
                return Some(format!("this is indented less than the {least} columns of its section"));
            }
        }
        self.has_text |= !line.is_empty();
        self.forbidden(line)
    }

    fn append(&mut self, text: &str) {
        self.line_ends = if text.is_empty() { self.line_ends + 1 } else { 1 };
    }

    fn after_gap(&self) -> bool {
        self.line_ends >= 2
    }

    /// What the text of a section may not say.
    fn forbidden(&self, text: &str) -> Option<String> {
        let example = self.section.as_ref().is_some_and(|(name, _)| name.starts_with("Example"));
        let plain = if self.era.docs_are_markup() || example { text } else { text.trim_start() };
        if names_something(plain) {
            return Some("this describes a member where none can be described".to_owned());
        }
        let optional = self.era.docs_forbid_optional() && self.part == Part::Members;
        (optional && text.contains("#optional")).then(|| "'#optional' is said by '*' alone".to_owned())
    }
}
