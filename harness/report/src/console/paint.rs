//! A page of a fixed width: labelled entries, wrapped, in colour only when told.

use crate::Output;
use crate::text::{printable, wrap};
use std::io::{self, Write};

/// Columns of a page.
pub(super) const WIDTH: usize = 100;
/// Where an entry's text begins.
const ENTRY_AT: usize = 12;

/// A meaning, shown as a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    Plain,
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
}

impl Colour {
    const fn code(self) -> &'static str {
        match self {
            Colour::Plain => "",
            Colour::Bold => "1",
            Colour::Dim => "2",
            Colour::Red => "1;31",
            Colour::Yellow => "33",
            Colour::Green => "32",
        }
    }
}

pub(super) struct Page {
    out: Output,
    colour: bool,
}

impl Page {
    pub(super) fn new(out: Output, colour: bool) -> Page {
        Page { out, colour }
    }

    /// The text in its colour.
    pub(super) fn paint(&self, colour: Colour, text: &str) -> String {
        if !self.colour || colour == Colour::Plain || text.is_empty() {
            return text.to_owned();
        }
        format!("\u{1b}[{}m{text}\u{1b}[0m", colour.code())
    }

    /// A line as it is. What a peer sent must have been made printable before.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", text.trim_end())
    }

    /// A line across the page.
    pub(super) fn rule(&mut self) -> io::Result<()> {
        let rule = self.paint(Colour::Dim, &"─".repeat(WIDTH));
        write!(self.out, "\n{rule}\n\n")
    }

    /// `  label     text`, the text wrapped under itself.
    pub(super) fn entry(&mut self, label: &str, colour: Colour, text: &str) -> io::Result<()> {
        self.entry_at(2, label, colour, &printable(text))
    }

    /// The same, indented by `indent`; `text` is printable.
    pub(super) fn entry_at(
        &mut self,
        indent: usize,
        label: &str,
        colour: Colour,
        text: &str,
    ) -> io::Result<()> {
        let at = ENTRY_AT + indent - 2;
        let padded = self.paint(colour, &format!("{label:<width$}", width = at - indent));
        for (index, line) in wrap(text, WIDTH - at).iter().enumerate() {
            let head = if index == 0 { format!("{:indent$}{padded}", "") } else { " ".repeat(at) };
            self.line(&format!("{head}{line}"))?;
        }
        Ok(())
    }

    /// The same on one line, however long: for a shell.
    pub(super) fn verbatim(&mut self, indent: usize, label: &str, text: &str) -> io::Result<()> {
        let label = self.paint(Colour::Dim, &format!("{label:<width$}", width = ENTRY_AT - 2));
        self.line(&format!("{:indent$}{label}{text}", ""))
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
