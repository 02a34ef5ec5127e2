//! Undoes what copying a schema off a web page does to it: page text around it, line numbers in front or in a
//! block of their own, lost blank lines and `##`, no-break spaces, collapsed indentation, a cut end.
//!
//! Text in, text out: what the text means is the loader's business. Nothing here expects a particular site;
//! what counts is that QAPI source has nothing but comments, blank lines and expressions at its top level.

mod characters;
mod ends;
mod numbers;
mod page;

use std::fmt::{self, Display, Formatter};

/// The source in a scraped text.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Scrape {
    /// The source.
    pub text: String,
    /// What was undone, in the order of doing.
    pub repairs: Vec<Repair>,
    /// Which line of the original each line was.
    pub lines: LineMap,
    /// Why this cannot be the whole document. Then absence proves nothing.
    pub partial: Vec<Partial>,
    /// False where lines or indentation were lost: doc comments then cannot be held to their rules.
    pub docs_whole: bool,
}

/// From lines of cleaned text to lines of the original document.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LineMap(Vec<Option<u32>>);

impl LineMap {
    /// The original number of a line of the cleaned text, both from 1; `None` where it is not known.
    pub fn original(&self, line: usize) -> Option<u32> {
        *self.0.get(line.checked_sub(1)?)?
    }

    /// Whether every line has the number that it has in the original.
    pub fn is_exact(&self) -> bool {
        self.0.iter().zip(1..).all(|(original, line)| *original == Some(line))
    }
}

/// How a scrape is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Line numbers stand in a block of their own, or in lines of their own.
    Gutter,
    /// Each line begins with its number.
    Numbered,
    /// Page text stands around the source.
    Page,
    /// No-break spaces stand where source has spaces.
    Spaces,
}

impl Display for Kind {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Kind::Gutter => "line numbers stand in lines of their own",
            Kind::Numbered => "the lines begin with their numbers",
            Kind::Page => "text of a web page stands around the source",
            Kind::Spaces => "there are no-break spaces in the source",
        })
    }
}

/// One kind of damage that was undone, or that is known and stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// A byte order mark or invisible characters were dropped.
    Invisible {
        /// How many.
        count: usize,
    },
    /// CR LF and CR became LF.
    LineEnds {
        /// How many.
        count: usize,
    },
    /// No-break and other odd spaces became spaces.
    Spaces {
        /// How many.
        count: usize,
    },
    /// HTML entities and typographic quotes became the characters that they stand for.
    Quotes {
        /// How many.
        count: usize,
    },
    /// Cell borders were dropped.
    Borders {
        /// In how many lines.
        count: usize,
    },
    /// Line numbers were dropped.
    Numbers {
        /// The first number.
        first: u32,
        /// The last number.
        last: u32,
    },
    /// Page text was dropped.
    PageText {
        /// How many lines.
        count: usize,
        /// The first of them.
        example: String,
    },
    /// Lost lines (blank, `#`, `##`) were put back as blank ones, so that line numbers hold.
    LinesRestored {
        /// How many.
        count: usize,
    },
    /// Lines are lost and nobody knows where.
    LinesLost {
        /// How many.
        count: usize,
    },
    /// Indentation is lost. The source means the same without.
    Indentation,
    /// An unfinished end was blanked.
    EndBlanked {
        /// Its first line in the cleaned text.
        line: usize,
    },
}

impl Display for Repair {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Repair::Invisible { count } => write!(out, "{count} invisible characters dropped"),
            Repair::LineEnds { count } => write!(out, "{count} line ends made plain"),
            Repair::Spaces { count } => write!(out, "{count} odd spaces made plain"),
            Repair::Quotes { count } => write!(out, "{count} quotes and entities made plain"),
            Repair::Borders { count } => write!(out, "cell borders dropped in {count} lines"),
            Repair::Numbers { first, last } => write!(out, "line numbers {first} to {last} dropped"),
            Repair::PageText { count, example } => {
                write!(out, "{count} lines of page text dropped (`{example}`)")
            }
            Repair::LinesRestored { count } => write!(out, "{count} lost lines put back as blank ones"),
            Repair::LinesLost { count } => {
                write!(out, "{count} lines are lost somewhere: line numbers are those of the cleaned text")
            }
            Repair::Indentation => out.write_str("indentation is lost"),
            Repair::EndBlanked { line } => write!(out, "the unfinished end, from line {line}, left out"),
        }
    }
}

/// Why a document is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partial {
    /// The page says that there are more lines.
    Declared {
        /// Lines that it declares.
        declared: u32,
        /// Lines that are there.
        present: u32,
    },
    /// It ends inside a doc comment, or after one that lacks its definition.
    DocComment {
        /// Where that comment begins, in the cleaned text.
        line: usize,
    },
    /// It ends inside an expression.
    Unclosed {
        /// Where the expression begins, in the cleaned text.
        line: usize,
    },
    /// It begins after the first line.
    Beginning {
        /// The number of its first line.
        first: u32,
    },
}

impl Display for Partial {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Partial::Declared { declared, present } => {
                write!(out, "the page declares {declared} lines; {present} are there")
            }
            Partial::DocComment { line } => write!(out, "it ends with the doc comment of line {line}"),
            Partial::Unclosed { line } => write!(out, "it ends inside the expression of line {line}"),
            Partial::Beginning { first } => write!(out, "it begins with line {first}"),
        }
    }
}

/// A line on its way through the repairs.
#[derive(Clone, Debug)]
struct Line {
    text: String,
    /// Its number in the original.
    number: Option<u32>,
}

/// What makes a text a scrape; `None` for what can be source as it stands.
pub fn is_scrape(text: &str) -> Option<Kind> {
    let (clean, _) = characters::clean(text);
    let (lines, borders) = page::without_borders(clean.lines().collect());
    numbers::kind(&lines)
        .or_else(|| (borders > 0 || page::surrounds(&lines)).then_some(Kind::Page))
        .or_else(|| characters::odd_spaces_in_source(text).then_some(Kind::Spaces))
}

/// The source in a scraped text. Of a text that is no scrape nothing changes but line ends and odd spaces.
pub fn undo(text: &str) -> Scrape {
    let (clean, mut repairs) = characters::clean(text);
    let (lines, borders) = page::without_borders(clean.lines().collect());
    if borders > 0 {
        repairs.push(Repair::Borders { count: borders });
    }
    let declared = page::declared(&lines);
    let numbered = numbers::take_off(lines);
    let last = numbered.range.map(|(_, last)| last);
    if let Some((first, last)) = numbered.range {
        repairs.push(Repair::Numbers { first, last });
    }
    let plain = numbered.range.is_none();
    let mut lines = page::without_page_text(numbered.lines, &mut repairs);
    if plain
        && repairs.iter().all(|repair| !matches!(repair, Repair::PageText { .. } | Repair::Borders { .. }))
    {
        for (line, number) in lines.iter_mut().zip(1..) {
            line.number = Some(number);
        }
    }
    let mut partial = Vec::new();
    if let Some((first, _)) = numbered.range.filter(|(first, _)| *first > 1) {
        partial.push(Partial::Beginning { first });
    }
    let filled = lines.iter().filter(|line| !line.text.trim().is_empty()).count();
    partial.extend(declared.and_then(|declared| declared.exceeds(last, filled)));
    let restored = restore(&mut lines);
    if restored > 0 {
        repairs.push(Repair::LinesRestored { count: restored });
    }
    if numbered.lost > 0 {
        repairs.push(Repair::LinesLost { count: numbered.lost });
    }
    let flat = page::is_flat(&lines);
    if flat {
        repairs.push(Repair::Indentation);
    }
    let lost = restored + numbered.lost > 0;
    if let Some((end, line)) = ends::unfinished(&lines, lost) {
        partial.push(end);
        repairs.push(Repair::EndBlanked { line });
        lines.truncate(line - 1);
    }
    while lines.last().is_some_and(|line| line.text.trim().is_empty()) {
        lines.pop();
    }
    let numbers = lines.iter().map(|line| line.number).collect();
    let text = lines.into_iter().map(|line| line.text + "\n").collect();
    Scrape { text, repairs, lines: LineMap(numbers), partial, docs_whole: !lost && !flat }
}

/// Puts blank lines where numbers are missing, as far as all lines are numbered. How many were lost between
/// the first and the last line.
fn restore(lines: &mut Vec<Line>) -> usize {
    /// A gap that no document has: the number is not a line number then.
    const GAP_MAX: u32 = 100_000;
    let mut restored = 0;
    let mut whole = Vec::with_capacity(lines.len());
    let first = lines.iter().find_map(|line| line.number).unwrap_or(1);
    for line in lines.drain(..) {
        let next = whole.len() as u32 + 1;
        if let Some(number) = line.number.filter(|number| *number > next && *number - next < GAP_MAX) {
            restored += (number - next.max(first)) as usize;
            whole.extend((next..number).map(|number| Line { text: String::new(), number: Some(number) }));
        }
        whole.push(line);
    }
    *lines = whole;
    restored
}
