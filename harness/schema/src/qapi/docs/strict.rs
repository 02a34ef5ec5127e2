//! Documentation as 9.0 and later read it: sections have indented text, and members come before everything
//! that is said of the whole.

use super::super::era::Era;
use super::super::fault::{Faults, Span};
use super::{Doc, Line, described};

/// The lines that are still to be read.
struct Reader<'l, 't, 'f> {
    lines: &'l [Line<'t>],
    at: usize,
    era: Era,
    doc: Doc,
    faults: &'f mut Faults,
    /// A section has closed the list of members.
    members_closed: bool,
    since: bool,
}

/// The comment is given up; why was said.
struct GivenUp;

/// Reads a comment.
pub(super) fn read(lines: &[Line<'_>], span: Span, era: Era, faults: &mut Faults) -> Option<Doc> {
    let doc = Doc::new(span);
    let mut reader = Reader { lines, at: 0, era, doc, faults, members_closed: false, since: false };
    let read = match lines.first() {
        Some(first) if first.text.starts_with('@') => reader.definition(*first),
        _ => reader.free(),
    };
    read.ok().map(|()| reader.doc)
}

impl<'t> Reader<'_, 't, '_> {
    fn free(&mut self) -> Result<(), GivenUp> {
        for (nth, line) in self.lines.iter().enumerate() {
            if let Some((name, _)) = described(line.text) {
                let message =
                    format!("'@{name}:' describes a member, and this comment is about no definition");
                return self.give_up(line.span, &message);
            }
            if line.text.starts_with('=') && nth > 0 {
                return self.give_up(line.span, "a heading comes first in its comment");
            }
        }
        Ok(())
    }

    fn definition(&mut self, first: Line<'_>) -> Result<(), GivenUp> {
        match first.text[1..].strip_suffix(':') {
            None => return self.give_up(first.span, "a line that names what is documented ends with ':'"),
            Some("") => return self.give_up(first.span, "a name must follow '@'"),
            Some(name) => self.doc.symbol = Some((name.to_owned(), first.span)),
        }
        self.at = 1;
        while let Some(line) = self.past_gaps() {
            if line.text == "Features:" {
                self.features(line)?;
            } else if described(line.text).is_some() {
                self.members(line)?;
            } else if let Some((tag, text)) = tagged(line.text, self.era) {
                self.section(tag, text, line)?;
            } else if line.text.starts_with('=') {
                return self
                    .give_up(line.span, "a heading cannot stand in the documentation of a definition");
            } else {
                self.paragraph();
            }
        }
        Ok(())
    }

    fn features(&mut self, line: Line<'_>) -> Result<(), GivenUp> {
        if !self.doc.features.is_empty() {
            return self.give_up(line.span, "features are described in one place");
        }
        self.at += 1;
        while let Some((next, (name, text))) =
            self.past_gaps().and_then(|next| Some((next, described(next.text)?)))
        {
            self.check_new(name, next, true)?;
            self.doc.features.push((name.to_owned(), next.span));
            self.filled(&format!("@{name}"), text, next)?;
        }
        if self.doc.features.is_empty() {
            return self.give_up(line.span, "no feature is described here");
        }
        self.members_closed = true;
        Ok(())
    }

    fn members(&mut self, line: Line<'_>) -> Result<(), GivenUp> {
        if self.members_closed {
            return self.give_up(line.span, "members are described before everything else");
        }
        while let Some((next, (name, text))) =
            self.past_gaps().and_then(|next| Some((next, described(next.text)?)))
        {
            self.check_new(name, next, false)?;
            self.doc.members.push((name.to_owned(), next.span));
            self.filled(&format!("@{name}"), text, next)?;
        }
        self.members_closed = true;
        Ok(())
    }

    fn check_new(&mut self, name: &str, line: Line<'_>, feature: bool) -> Result<(), GivenUp> {
        let known = if feature { &self.doc.features } else { &self.doc.members };
        if known.iter().any(|(known, _)| known == name) {
            return self.give_up(line.span, &format!("'{name}' is described twice"));
        }
        if name.is_empty() { self.give_up(line.span, "a name must follow '@'") } else { Ok(()) }
    }

    fn section(&mut self, tag: &str, text: &str, line: Line<'_>) -> Result<(), GivenUp> {
        if self.era.docs_have_no_notes() && (tag.starts_with("Note") || tag.starts_with("Example")) {
            return self.give_up(line.span, &format!("there are no sections '{tag}' any more"));
        }
        let place = match tag {
            "Returns" => self.doc.returns.replace(line.span).is_some(),
            "Errors" => self.doc.errors.replace(line.span).is_some(),
            "Since" => std::mem::replace(&mut self.since, true),
            _ => false,
        };
        if place {
            return self.give_up(line.span, &format!("there are two sections '{tag}'"));
        }
        self.members_closed = true;
        self.filled(tag, text, line)
    }

    /// Takes a section, which must say something.
    fn filled(&mut self, name: &str, text: &str, line: Line<'_>) -> Result<(), GivenUp> {
        if !self.indented(text)? {
            self.faults.push(line.span, format!("the section '{name}' is empty"));
        }
        Ok(())
    }

    /// Takes the indented lines behind the first of a section; whether the section has text at all.
    fn indented(&mut self, first: &str) -> Result<bool, GivenUp> {
        self.at += 1;
        let filled = !first.is_empty();
        let Some(line) = self.past_gaps() else { return Ok(filled) };
        let indent = columns(line.text);
        if indent == 0 {
            return Ok(filled);
        }
        self.at += 1;
        let mut taken = 1;
        while let Some(line) = self.lines.get(self.at) {
            if described(line.text).is_some() {
                break;
            }
            if !line.text.is_empty() && columns(line.text) < indent {
                // Only the second line is held to the first: so does QEMU.
                if taken == 1 {
                    let message = format!("this is indented less than the {indent} columns of its section");
                    return self.give_up(line.span, &message).map(|()| true);
                }
                break;
            }
            taken += 1;
            self.at += 1;
        }
        Ok(true)
    }

    fn paragraph(&mut self) {
        while self.lines.get(self.at).is_some_and(|line| !line.text.is_empty()) {
            self.at += 1;
        }
    }

    /// The next line that is not empty.
    fn past_gaps(&mut self) -> Option<Line<'t>> {
        while self.lines.get(self.at)?.text.is_empty() {
            self.at += 1;
        }
        self.lines.get(self.at).copied()
    }

    fn give_up(&mut self, span: Span, message: &str) -> Result<(), GivenUp> {
        self.faults.push(span, message);
        Err(GivenUp)
    }
}

/// The tag of a section and what follows it. Two colons became markup.
fn tagged(line: &str, era: Era) -> Option<(&str, &str)> {
    let (tag, text) = line.split_once(':')?;
    let known = ["Returns", "Errors", "Since", "Note", "Notes", "Example", "Examples", "TODO"];
    let markup = text.starts_with(':') && era.docs_have_no_notes();
    (known.contains(&tag) && !markup).then(|| (tag, text.trim_start_matches(' ')))
}

fn columns(line: &str) -> usize {
    line.len() - line.trim_start().len()
}
