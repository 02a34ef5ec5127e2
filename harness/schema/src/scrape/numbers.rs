//! Line numbers: in front of each line, or in lines of their own, in one block or between the lines.

use super::page;
use super::{Kind, Line};

/// So many numbers in a row are no accident when they begin with 1.
const FEW: usize = 3;
/// So many are none wherever they begin.
const MANY: usize = 10;
/// Lines of text between two numbers that stand in lines of their own.
const BETWEEN_MAX: usize = 4;
/// A number may jump ahead so far: lines are lost.
const JUMP_MAX: u32 = 2000;

/// Lines without their numbers.
#[derive(Debug)]
pub struct Numbered {
    /// The lines.
    pub lines: Vec<Line>,
    /// The first and last number; `None` for a text without.
    pub range: Option<(u32, u32)>,
    /// Lines that are lost, nobody knows where.
    pub lost: usize,
}

/// How lines are numbered.
pub fn kind(lines: &[&str]) -> Option<Kind> {
    if is_prefixed(lines) {
        return Some(Kind::Numbered);
    }
    (!blocks(lines).is_empty()).then_some(Kind::Gutter)
}

/// Takes the numbers off.
pub fn take_off(lines: Vec<&str>) -> Numbered {
    if is_prefixed(&lines) {
        return unprefixed(&lines);
    }
    let blocks = blocks(&lines);
    match blocks.as_slice() {
        [] => {
            let lines = lines.iter().map(|text| unnumbered(text)).collect();
            Numbered { lines, range: None, lost: 0 }
        }
        [first, .., last] => beside(&lines, &blocks, (first.first, last.last)),
        [only] => beside(&lines, &blocks, (only.first, only.last)),
    }
}

fn unnumbered(text: &str) -> Line {
    Line { text: text.to_owned(), number: None }
}

fn is_number(word: &str) -> Option<u32> {
    (word.len() <= 7 && word.bytes().all(|byte| byte.is_ascii_digit())).then(|| word.parse().ok()).flatten()
}

/// A number and the text behind it: `cat -n`, gitweb, `grep -n`, and what puts a bar between.
fn prefix(line: &str) -> Option<(u32, &str)> {
    let line = line.trim_start();
    let end = line.find(|character: char| !character.is_ascii_digit()).unwrap_or(line.len());
    let number = is_number(&line[..end]).filter(|_| end > 0)?;
    let rest = &line[end..];
    let barred = rest.trim_start().strip_prefix(['|', '│']);
    let text = match (barred, rest.chars().next()) {
        (_, None) => "",
        (Some(text), _) => text.strip_prefix(' ').unwrap_or(text),
        (None, Some(':' | ' ' | '\t')) => &rest[1..],
        _ => return None,
    };
    Some((number, text))
}

/// Whether nine lines of ten begin with a number, and numbers grow.
fn is_prefixed(lines: &[&str]) -> bool {
    let Some(start) = prefixed_from(lines) else { return false };
    let (mut last, mut growing, mut with_text, mut all) = (0, 0, 0, 0);
    for line in lines[start..].iter().filter(|line| !line.trim().is_empty()) {
        all += 1;
        if let Some((number, text)) = prefix(line)
            && number > last
        {
            (last, growing) = (number, growing + 1);
            with_text += usize::from(!text.trim().is_empty());
        }
    }
    with_text >= FEW && with_text * 4 >= growing && growing * 10 >= all * 9
}

/// The first line with a number that the next number continues.
fn prefixed_from(lines: &[&str]) -> Option<usize> {
    let mut numbers = lines.iter().enumerate().filter_map(|(index, line)| Some((index, prefix(line)?.0)));
    let (mut index, mut number) = numbers.next()?;
    for (next_index, next) in numbers {
        if next > number && next - number < JUMP_MAX {
            return Some(index);
        }
        (index, number) = (next_index, next);
    }
    None
}

fn unprefixed(lines: &[&str]) -> Numbered {
    let start = prefixed_from(lines).unwrap_or(lines.len());
    let mut out: Vec<Line> = lines[..start].iter().map(|text| unnumbered(text)).collect();
    let mut range: Option<(u32, u32)> = None;
    for line in &lines[start..] {
        let last = range.map_or(0, |(_, last)| last);
        let ahead = |number: u32| number > last && (range.is_none() || number - last < JUMP_MAX);
        match prefix(line).filter(|(number, _)| ahead(*number)) {
            Some((number, text)) => {
                range = Some((range.map_or(number, |(first, _)| first), number));
                out.push(Line { text: text.to_owned(), number: Some(number) });
            }
            // A line between the numbered ones that has none is no line of the source: a blank one is spacing.
            None if line.trim().is_empty() => {}
            None => out.push(unnumbered(line)),
        }
    }
    Numbered { lines: out, range, lost: 0 }
}

/// Numbers in a row in lines of their own, with nothing but blank lines between.
#[derive(Debug)]
struct Block {
    first: u32,
    last: u32,
    /// Its lines.
    from: usize,
    to: usize,
}

impl Block {
    fn count(&self) -> usize {
        (self.last - self.first) as usize + 1
    }
}

/// The numbers of a line that has nothing else, if they continue one another.
fn run(line: &str) -> Option<(u32, u32)> {
    let mut words = line.split_whitespace();
    let first = is_number(words.next()?)?;
    let mut last = first;
    for word in words {
        last = is_number(word).filter(|number| *number == last + 1)?;
    }
    Some((first, last))
}

/// All blocks of the one sequence of numbers that a text has. Numbers that do not continue it are text.
fn blocks(lines: &[&str]) -> Vec<Block> {
    let Some(start) = (0..lines.len()).find(|index| begins_sequence(lines, *index)) else {
        return Vec::new();
    };
    let mut blocks: Vec<Block> = Vec::new();
    let mut text_since = false;
    for (index, line) in lines.iter().enumerate().skip(start) {
        let continues = |first: u32| blocks.last().is_none_or(|block| first == block.last + 1);
        match run(line).filter(|(first, _)| continues(*first)) {
            Some((first, last)) => {
                match blocks.last_mut().filter(|_| !text_since) {
                    Some(block) => (block.last, block.to) = (last, index),
                    None => blocks.push(Block { first, last, from: index, to: index }),
                }
                text_since = false;
            }
            None => text_since |= !line.trim().is_empty(),
        }
    }
    blocks
}

/// Whether a sequence long enough begins in a line.
fn begins_sequence(lines: &[&str], index: usize) -> bool {
    let Some((first, mut last)) = run(lines[index]) else { return false };
    let enough = if first == 1 { FEW } else { MANY };
    let mut texts = 0;
    for line in &lines[index + 1..] {
        if (last - first) as usize + 1 >= enough {
            break;
        }
        match run(line) {
            Some((next, end)) if next == last + 1 => (last, texts) = (end, 0),
            _ if line.trim().is_empty() => {}
            _ if texts < BETWEEN_MAX => texts += 1,
            _ => break,
        }
    }
    (last - first) as usize + 1 >= enough
}

/// Gives the text beside numbers those numbers.
fn beside(lines: &[&str], blocks: &[Block], range: (u32, u32)) -> Numbered {
    let unnumbered_all = |text: &[&str]| text.iter().map(|text| unnumbered(text)).collect::<Vec<_>>();
    let start = blocks.first().map_or(0, |block| block.from);
    let numbers = (range.1 - range.0) as usize + 1;
    if let [only] = blocks {
        let (before, after) = (&lines[..start], &lines[only.to + 1..]);
        if !page::has_source(after) && page::has_source(before) {
            let (out, lost) = label(before, page::source_start(before), only);
            return Numbered { lines: out, range: Some(range), lost };
        }
    }
    let mut out = unnumbered_all(&lines[..start]);
    let mut lost = 0;
    for (index, block) in blocks.iter().enumerate() {
        let end = blocks.get(index + 1).map_or(lines.len(), |next| next.from);
        let text = &lines[block.to + 1..end];
        // Few numbers to a block: each stands before its line, and blank lines have left no trace.
        if blocks.len() > 1 && blocks.len() * 4 >= numbers {
            out.extend(one_line(text, block));
            continue;
        }
        let begin = if index == 0 { page::source_start(text) } else { 0 };
        let (labelled, missing) = label(text, begin, block);
        out.extend(labelled);
        lost += missing;
    }
    Numbered { lines: out, range: Some(range), lost }
}

/// The first line of the text has the last number of the block.
fn one_line(text: &[&str], block: &Block) -> Vec<Line> {
    let mut number = Some(block.last);
    let filled = text.iter().filter(|line| !line.trim().is_empty());
    let mut out: Vec<Line> =
        filled.map(|text| Line { text: (*text).to_owned(), number: number.take() }).collect();
    if let Some(number) = number {
        out.push(Line { text: String::new(), number: Some(number) });
    }
    out
}

/// Numbers the source in a text, which begins at `begin`, if it has as many lines as the block has numbers.
/// And how many lines it lacks, if it has not.
fn label(text: &[&str], begin: usize, block: &Block) -> (Vec<Line>, usize) {
    let end = page::source_end(text).max(begin);
    let blank = |line: &&str| line.trim().is_empty();
    // Blank lines around the source may be its own or the page's.
    let low = begin - text[..begin].iter().rev().take_while(|line| blank(line)).count();
    let high = end + text[end..].iter().take_while(|line| blank(line)).count();
    let spans = [(begin, end), (begin, high), (low, end), (low, high)];
    let whole = spans.into_iter().find(|(low, high)| high - low == block.count());
    let (low, high) = whole.unwrap_or((begin, end));
    let mut lines = Vec::with_capacity(text.len());
    for (index, text) in text.iter().enumerate() {
        let inside = whole.is_some() && (low..high).contains(&index);
        let number = inside.then(|| block.first + (index - low) as u32);
        // Blank lines beside numbered ones are the page's.
        if inside || whole.is_none() || !blank(text) {
            lines.push(Line { text: (*text).to_owned(), number });
        }
    }
    let lost = if whole.is_some() { 0 } else { block.count().saturating_sub(high - low) };
    (lines, lost)
}
