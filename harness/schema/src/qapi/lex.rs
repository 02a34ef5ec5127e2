//! The tokens of a document, with their places. Comments are passed over, but for those that document.

use super::era::Era;
use super::fault::{Faults, Span};

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// One of `{}[]:,`
    Mark(u8),
    /// A string, its escapes undone.
    Text(std::borrow::Cow<'t, str>),
    /// `true` or `false`
    Bool(bool),
    /// `null`, which a few versions knew.
    Null,
    /// A line that begins a documentation comment: `##` and what follows it.
    Doc,
    /// The document ends.
    End,
}

/// Reads tokens.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    file: u32,
    era: Era,
    at: usize,
    sees_docs: bool,
}

impl<'t> Lexer<'t> {
    pub fn new(text: &'t str, file: u32, era: Era, ignore_docs: bool) -> Lexer<'t> {
        Lexer { text, file, era, at: 0, sees_docs: era.checks_docs() && !ignore_docs }
    }

    pub fn span(&self, start: usize, end: usize) -> Span {
        Span { file: self.file, start: start as u32, end: end as u32 }
    }

    /// Goes on from another place.
    pub fn resume(&mut self, at: usize) {
        self.at = at.min(self.text.len());
    }

    pub fn position(&self) -> usize {
        self.at
    }

    pub fn text(&self) -> &'t str {
        self.text
    }

    /// The next token. What is none is a fault and passed over; the second value says that there was one.
    pub fn next(&mut self, faults: &mut Faults) -> (Token<'t>, Span, bool) {
        let bytes = self.text.as_bytes();
        let mut faulty = false;
        loop {
            let Some(&byte) = bytes.get(self.at) else {
                return (Token::End, self.span(self.at, self.at), faulty);
            };
            let start = self.at;
            match byte {
                b'#' => {
                    self.at = line_end(bytes, start);
                    if bytes.get(start + 1) == Some(&b'#') && self.sees_docs {
                        return (Token::Doc, self.span(start, self.at), faulty);
                    }
                }
                b'{' | b'}' | b'[' | b']' | b':' | b',' => {
                    self.at += 1;
                    return (Token::Mark(byte), self.span(start, self.at), faulty);
                }
                b'\'' => {
                    if let Some(text) = self.string(faults) {
                        return (Token::Text(text), self.span(start, self.at), faulty);
                    }
                    faulty = true;
                }
                _ if byte.is_ascii_whitespace() || byte == 0x0B => self.at += 1,
                _ => match self.word(faults) {
                    Some(token) => return (token, self.span(start, self.at), faulty),
                    None => faulty = true,
                },
            }
        }
    }

    /// `true`, `false`, `null`; or a fault.
    fn word(&mut self, faults: &mut Faults) -> Option<Token<'t>> {
        let start = self.at;
        let rest = &self.text[start..];
        let structural = |symbol: char| symbol.is_whitespace() || "{}[]:,'\"".contains(symbol);
        let length = rest.char_indices().skip(1).find(|(_, symbol)| structural(*symbol));
        let length = length.map_or(rest.len(), |(at, _)| at);
        self.at = start + length;
        match &rest[..length] {
            "true" if self.era.has_booleans() => return Some(Token::Bool(true)),
            "false" if self.era.has_booleans() => return Some(Token::Bool(false)),
            "null" if self.era.has_null() => return Some(Token::Null),
            stray => {
                let help = match stray.starts_with('"') {
                    true => "strings stand in single quotes".to_owned(),
                    false => String::new(),
                };
                faults.push_with_help(self.span(start, self.at), format!("stray '{stray}'"), help);
            }
        }
        None
    }

    /// The string that begins here; `None`, and a fault, if it is none.
    fn string(&mut self, faults: &mut Faults) -> Option<std::borrow::Cow<'t, str>> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let end = start
            + 1
            + memchr::memchr3(b'\'', b'\\', b'\n', &bytes[start + 1..]).unwrap_or(bytes.len() - start - 1);
        if bytes.get(end) == Some(&b'\'') {
            self.at = end + 1;
            let text = &self.text[start + 1..end];
            return self.check_plain(start, text, faults).then_some(text.into());
        }
        let mut text = String::new();
        let mut symbols = self.text[start + 1..].char_indices();
        while let Some((offset, symbol)) = symbols.next() {
            let at = start + 1 + offset;
            match symbol {
                '\'' => {
                    self.at = at + 1;
                    return self.check_plain(start, &text, faults).then_some(text.into());
                }
                '\n' => break,
                '\\' if self.era.strings_are_plain()
                    || self.era.escapes_as_json()
                    || self.era.escapes_anything() =>
                {
                    let escaped = symbols.next().map(|(_, symbol)| symbol);
                    match self.unescape(escaped, &mut symbols) {
                        Some(symbol) => text.push(symbol),
                        None => {
                            let shown: String =
                                escaped.into_iter().filter(|symbol| *symbol != '\n').collect();
                            faults.push(
                                self.span(at, at + 1 + shown.len()),
                                format!("unknown escape \\{shown}"),
                            );
                            self.at = self.string_end(start);
                            return None;
                        }
                    }
                }
                _ => text.push(symbol),
            }
        }
        self.at = line_end(bytes, start);
        faults.push(self.span(start, self.at), "the string is not closed on its line");
        None
    }

    fn unescape(&self, escaped: Option<char>, rest: &mut std::str::CharIndices<'_>) -> Option<char> {
        let escaped = escaped?;
        if self.era.strings_are_plain() {
            return (escaped == '\\').then_some('\\');
        }
        if self.era.escapes_anything() {
            return Some(escaped);
        }
        Some(match escaped {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let digits: String = rest.take(4).map(|(_, digit)| digit).collect();
                let code = u32::from_str_radix(&digits, 16).ok().filter(|code| (1..=0x7F).contains(code))?;
                return char::from_u32(code);
            }
            '\\' | '/' | '\'' | '"' => escaped,
            _ => return None,
        })
    }

    fn check_plain(&self, start: usize, text: &str, faults: &mut Faults) -> bool {
        let plain = !self.era.strings_are_plain() || text.bytes().all(|byte| (32..127).contains(&byte));
        if !plain {
            faults.push(self.span(start, self.at), "strings hold printable ASCII only");
        }
        plain
    }

    /// Behind the next quote on this line, or its end.
    fn string_end(&self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let end = line_end(bytes, start);
        memchr::memchr(b'\'', &bytes[start + 1..end]).map_or(end, |at| start + 2 + at)
    }
}

/// Where the line that `at` is in ends, before its line feed.
pub(super) fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |more| at + more)
}
