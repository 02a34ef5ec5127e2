//! Whether a document ends where it was cut.

use super::page::Reader;
use super::{Line, Partial};

/// A comment that nothing has followed yet.
#[derive(Clone, Copy, Debug)]
struct Comment {
    /// Its first line, from 1.
    begin: usize,
    /// Whether it is between `##` and `##`.
    open: bool,
    /// Whether its first words are `@NAME:`; `None` before it has any.
    defines: Option<bool>,
    /// Whether any of its lines begins so. Where `##` is lost several comments look like one.
    mentions: bool,
}

impl Comment {
    fn take(&mut self, text: &str) {
        if text == "##" {
            self.open = !self.open;
        }
        let words = text.trim_start_matches('#').trim();
        if !words.is_empty() {
            let names = words.starts_with('@') && words.contains(':');
            self.defines.get_or_insert(names);
            self.mentions |= names;
        }
    }
}

/// What is unfinished at the end, and the line, from 1, from which on. `lost`: `##` may be missing.
pub fn unfinished(lines: &[Line], lost: bool) -> Option<(Partial, usize)> {
    let mut reader = Reader::default();
    let mut expression = 0;
    let mut pending: Option<Comment> = None;
    for (line, number) in lines.iter().zip(1..) {
        let text = line.text.trim();
        let begun = reader.inside();
        reader.read(&line.text);
        if !begun && text.starts_with('#') {
            let begin = || Comment { begin: number, open: false, defines: None, mentions: false };
            pending.get_or_insert_with(begin).take(text);
            continue;
        }
        if !begun && text.starts_with('{') {
            expression = number;
        }
        // A blank line ends a comment, unless that still needs its definition.
        let ended = match text {
            "" => !lost && pending.is_some_and(|comment| !comment.open && comment.defines != Some(true)),
            _ => !reader.inside(),
        };
        if ended {
            pending = None;
        }
    }
    let begin = pending.map_or(expression, |comment| comment.begin);
    if reader.inside() {
        return Some((Partial::Unclosed { line: expression }, begin));
    }
    let comment = pending?;
    let cut = if lost { comment.mentions } else { comment.open || comment.defines == Some(true) };
    cut.then_some((Partial::DocComment { line: begin }, begin))
}
