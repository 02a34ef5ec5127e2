//! What is the page's and what is the source's. At its top level source has blank lines, comments and
//! expressions, and these begin with a brace.

use super::{Line, Partial, Repair};

/// Follows expressions from line to line.
#[derive(Debug, Default)]
pub struct Reader {
    depth: usize,
}

impl Reader {
    /// Whether the next line is inside an expression.
    pub fn inside(&self) -> bool {
        self.depth > 0
    }

    /// Reads a line. False, and nothing read, for one that cannot stand where it does.
    pub fn read(&mut self, line: &str) -> bool {
        if !self.inside() && !line.trim_start().starts_with(['{', '#']) && !line.trim().is_empty() {
            return false;
        }
        let mut string = false;
        let mut escaped = false;
        for byte in line.bytes() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if string => escaped = true,
                b'\'' => string = !string,
                _ if string => {}
                b'#' => break,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        true
    }
}

/// A line that is the border of an empty cell.
pub fn is_border(line: &str) -> bool {
    matches!(line.trim(), "|" | "│")
}

/// Drops lines that are borders; and where nearly all lines begin with one, that.
pub fn without_borders(lines: Vec<&str>) -> (Vec<&str>, usize) {
    let filled = lines.iter().filter(|line| !line.trim().is_empty() && !is_border(line)).count();
    let starts = |line: &&&str| line.trim_start().starts_with(['|', '│']) && !is_border(line);
    let table = filled > 2 && lines.iter().filter(starts).count() * 10 >= filled * 9;
    let mut dropped = 0;
    let mut out = Vec::with_capacity(lines.len());
    for line in lines {
        if is_border(line) && !table {
            dropped += 1;
        } else if table {
            dropped += 1;
            let line = line.trim();
            let line = line.strip_prefix(['|', '│']).unwrap_or(line);
            out.push(line.strip_suffix(['|', '│']).unwrap_or(line));
        } else {
            out.push(line);
        }
    }
    (out, dropped)
}

/// Where the source in these lines begins: after page text and blank lines.
pub fn source_start(lines: &[&str]) -> usize {
    lines.iter().position(|line| line.starts_with(['{', '#'])).unwrap_or(0)
}

/// Where the source in these lines ends: page text and blank lines may follow.
pub fn source_end(lines: &[&str]) -> usize {
    let mut reader = Reader::default();
    let mut end = 0;
    for (line, index) in lines.iter().zip(1..) {
        if reader.read(line) && !line.trim().is_empty() {
            end = index;
        }
    }
    end
}

/// Whether these lines have an expression or a comment.
pub fn has_source(lines: &[&str]) -> bool {
    lines.iter().any(|line| line.starts_with(['{', '#']))
}

/// Whether page text comes before the first line of source, and source there is.
pub fn surrounds(lines: &[&str]) -> bool {
    let is_source = |line: &&str| line.starts_with('#') || is_expression(line);
    let Some(first) = lines.iter().position(is_source) else { return false };
    let prose = |line: &&str| {
        line.chars().any(char::is_alphabetic)
            && !line.contains(['\'', '"'])
            && !line.trim_start().starts_with(['{', '[', '}', ']', ','])
    };
    lines[..first].iter().any(prose) && lines[first..].iter().any(|line| is_expression(line))
}

fn is_expression(line: &str) -> bool {
    line.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('\''))
}

/// Drops page text. A line that has a number keeps its place, blank.
pub fn without_page_text(lines: Vec<Line>, repairs: &mut Vec<Repair>) -> Vec<Line> {
    const EXAMPLE_MAX: usize = 60;
    let mut reader = Reader::default();
    let mut out = Vec::with_capacity(lines.len());
    let mut example: Option<String> = None;
    let mut count = 0;
    for line in lines {
        if reader.read(&line.text) {
            out.push(line);
            continue;
        }
        count += 1;
        example.get_or_insert_with(|| line.text.trim().chars().take(EXAMPLE_MAX).collect());
        if line.number.is_some() {
            out.push(Line { text: String::new(), ..line });
        }
    }
    // Blank lines at the top were the page's, if it had any text there.
    let leading = out.iter().take_while(|line| line.text.trim().is_empty() && line.number.is_none()).count();
    if let Some(example) = example {
        repairs.push(Repair::PageText { count, example });
        out.drain(..leading);
    }
    while out.last().is_some_and(|line| line.text.trim().is_empty()) {
        out.pop();
    }
    out
}

/// Whether expressions go over lines and no line of theirs is indented.
pub fn is_flat(lines: &[Line]) -> bool {
    const ENOUGH: usize = 3;
    let mut reader = Reader::default();
    let mut inner = 0;
    for line in lines {
        if reader.inside() && !line.text.trim().is_empty() && !line.text.starts_with(['}', ']', '#']) {
            if line.text.starts_with([' ', '\t']) {
                return false;
            }
            inner += 1;
        }
        reader.read(&line.text);
    }
    inner >= ENOUGH
}

/// What a page says of the size of its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Lines.
    lines: u32,
    /// Lines that are not blank.
    filled: Option<u32>,
}

impl Declared {
    /// What is missing, by the last line number and the number of lines that are not blank.
    pub fn exceeds(self, last: Option<u32>, filled: usize) -> Option<Partial> {
        let filled = u32::try_from(filled).unwrap_or(u32::MAX);
        match (last, self.filled) {
            (Some(last), _) if last < self.lines => {
                Some(Partial::Declared { declared: self.lines, present: last })
            }
            // Blank lines may be lost, filled ones not; but a page that loses `#` loses more than blank ones.
            (None, Some(declared)) if filled < declared => {
                Some(Partial::Declared { declared, present: filled })
            }
            _ => None,
        }
    }
}

/// `3,202 lines (3056 loc)` above the source.
pub fn declared(lines: &[&str]) -> Option<Declared> {
    let header = lines.iter().take_while(|line| {
        // Source may have its line numbers still.
        let bare = line.trim_start_matches(|character: char| character.is_ascii_digit() || character == ' ');
        !bare.starts_with(['#', '{'])
    });
    header.filter_map(|line| declared_in(line)).last()
}

fn declared_in(line: &str) -> Option<Declared> {
    let words: Vec<&str> =
        line.split_whitespace().map(|word| word.trim_matches(['(', ')', ',', '.'])).collect();
    let before = |unit: &[&str]| {
        let pair = words.windows(2).find(|pair| unit.contains(&pair[1]))?;
        pair[0].replace([',', '.'], "").parse().ok()
    };
    Some(Declared { lines: before(&["lines", "line"])?, filled: before(&["loc", "sloc"]) })
}
