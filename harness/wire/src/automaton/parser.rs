//! The tokens of one balanced text into a value, or the first error (`json-parser.c`). Does not recurse.

use super::lexer::Kind;
use super::streamer::Kept;
use crate::number::Number;
use crate::value::Value;
use std::collections::HashSet;

type Fallible<T> = Result<T, String>;

/// A container that is not closed yet.
enum Open {
    Array(Vec<Value>),
    Object { members: Vec<(String, Value)>, key: String, seen: HashSet<String> },
}

/// Parses the tokens of one text.
///
/// # Errors
/// The first error, in words like QEMU's.
pub(super) fn parse(tokens: &[Kept], arena: &[u8]) -> Fallible<Value> {
    let mut parser = Parser { tokens, arena, at: 0, stack: Vec::new() };
    loop {
        let Some(mut value) = parser.value()? else { continue };
        loop {
            match parser.attach(value)? {
                Attached::Whole(whole) => return Ok(whole),
                Attached::Next => break,
                Attached::Closed(closed) => value = closed,
            }
        }
    }
}

enum Attached {
    Whole(Value),
    Next,
    Closed(Value),
}

struct Parser<'a> {
    tokens: &'a [Kept],
    arena: &'a [u8],
    at: usize,
    stack: Vec<Open>,
}

fn error<T>(what: &str) -> Fallible<T> {
    Err(format!("JSON parse error, {what}"))
}

impl Parser<'_> {
    fn peek(&self) -> Option<Kind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    fn text(&self, token: Kept) -> &[u8] {
        let start = token.start as usize;
        &self.arena[start..start + token.length as usize]
    }

    /// A scalar or an empty container; `None` when a container was opened instead.
    fn value(&mut self) -> Fallible<Option<Value>> {
        let Some(token) = self.tokens.get(self.at).copied() else { return error("premature EOI") };
        self.at += 1;
        let text = self.text(token);
        match token.kind {
            Kind::Mark(b'{') => self.open_object(),
            Kind::Mark(b'[') => Ok(self.open_array()),
            Kind::Text => string(text).map(|text| Some(Value::String(text))),
            Kind::Integer | Kind::Float => {
                let text = String::from_utf8_lossy(text);
                let number = Number::from_token(&text).unwrap_or(Number::Double(f64::NAN));
                Ok(Some(Value::Number(number)))
            }
            Kind::Keyword => match text {
                b"true" => Ok(Some(Value::Bool(true))),
                b"false" => Ok(Some(Value::Bool(false))),
                b"null" => Ok(Some(Value::Null)),
                _ => error(&format!("invalid keyword '{}'", String::from_utf8_lossy(text))),
            },
            _ => error("expecting value"),
        }
    }

    fn open_array(&mut self) -> Option<Value> {
        if self.peek() == Some(Kind::Mark(b']')) {
            self.at += 1;
            return Some(Value::Array(Vec::new()));
        }
        self.stack.push(Open::Array(Vec::new()));
        None
    }

    fn open_object(&mut self) -> Fallible<Option<Value>> {
        if self.peek() == Some(Kind::Mark(b'}')) {
            self.at += 1;
            return Ok(Some(Value::Object(Vec::new())));
        }
        let key = self.key()?;
        self.stack.push(Open::Object { members: Vec::new(), key, seen: HashSet::new() });
        Ok(None)
    }

    fn key(&mut self) -> Fallible<String> {
        let token = match self.tokens.get(self.at) {
            None => return error("premature EOI"),
            Some(token) if token.kind == Kind::Text => *token,
            Some(Kept { kind: Kind::Mark(b'}' | b']' | b',' | b':'), .. }) => {
                return error("expecting value");
            }
            Some(_) => return error("key is not a string in object"),
        };
        let key = string(self.text(token))?;
        self.at += 1;
        match self.peek() {
            Some(Kind::Mark(b':')) => {
                self.at += 1;
                Ok(key)
            }
            Some(_) => error("missing : in object pair"),
            None => error("premature EOI"),
        }
    }

    fn attach(&mut self, value: Value) -> Fallible<Attached> {
        let Some(open) = self.stack.last_mut() else { return Ok(Attached::Whole(value)) };
        let in_object = match open {
            Open::Array(elements) => {
                elements.push(value);
                false
            }
            Open::Object { members, key, seen } => {
                if !seen.insert(key.clone()) {
                    return error("duplicate key");
                }
                members.push((std::mem::take(key), value));
                true
            }
        };
        let closer = if in_object { b'}' } else { b']' };
        match self.peek() {
            Some(Kind::Mark(mark)) if mark == closer => {
                self.at += 1;
                Ok(self.close())
            }
            Some(Kind::Mark(b',')) => {
                self.at += 1;
                if in_object {
                    let next = self.key()?;
                    if let Some(Open::Object { key, .. }) = self.stack.last_mut() {
                        *key = next;
                    }
                }
                Ok(Attached::Next)
            }
            Some(_) => {
                error(if in_object { "expected separator in dict" } else { "expected separator in list" })
            }
            None => error("premature EOI"),
        }
    }

    fn close(&mut self) -> Attached {
        Attached::Closed(match self.stack.pop() {
            Some(Open::Array(elements)) => Value::Array(elements),
            Some(Open::Object { members, .. }) => Value::Object(members),
            None => Value::Null,
        })
    }
}

/// A string token with its quotes: escapes resolved, its UTF-8 checked as QEMU does
/// (`util/unicode.c:mod_utf8_codepoint`: C0 80 is U+0000, no other overlong form, no noncharacters).
fn string(token: &[u8]) -> Fallible<String> {
    let inner = &token[1..token.len() - 1];
    let mut text = String::with_capacity(inner.len());
    let mut at = 0;
    while at < inner.len() {
        let plain = inner[at..].iter().take_while(|byte| **byte != b'\\' && byte.is_ascii()).count();
        text.push_str(std::str::from_utf8(&inner[at..at + plain]).unwrap_or_default());
        at += plain;
        match inner.get(at) {
            None => break,
            Some(b'\\') => at += escape(&inner[at..], &mut text)?,
            Some(_) => at += codepoint(&inner[at..], &mut text)?,
        }
    }
    Ok(text)
}

/// One escape sequence; returns its length.
fn escape(bytes: &[u8], text: &mut String) -> Fallible<usize> {
    let plain = match bytes.get(1) {
        Some(byte @ (b'"' | b'\'' | b'\\' | b'/')) => char::from(*byte),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode_escape(bytes, text),
        _ => return error("invalid escape sequence in string"),
    };
    text.push(plain);
    Ok(2)
}

fn unicode_escape(bytes: &[u8], text: &mut String) -> Fallible<usize> {
    let unit = hex4(bytes, 2);
    let paired = bytes.get(6..8) == Some(b"\\u");
    let (code, length) = match (unit, paired) {
        (Some(high @ 0xD800..=0xDBFF), true) => match hex4(bytes, 8) {
            Some(low @ 0xDC00..=0xDFFF) => (Some(0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF)), 12),
            _ => (None, 6),
        },
        (unit, _) => (unit, 6),
    };
    match code.and_then(character) {
        Some(ch) => {
            text.push(ch);
            Ok(length)
        }
        None => error("invalid Unicode character in \\u escape"),
    }
}

fn hex4(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))
}

/// One raw character beyond ASCII; returns its length.
fn codepoint(bytes: &[u8], text: &mut String) -> Fallible<usize> {
    if bytes.starts_with(&[0xC0, 0x80]) {
        text.push('\0');
        return Ok(2);
    }
    let length = match bytes[0] {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return error("invalid UTF-8 sequence in string"),
    };
    let valid = bytes.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok());
    match valid.and_then(|valid| valid.chars().next()).and_then(|ch| character(u32::from(ch))) {
        Some(ch) => {
            text.push(ch);
            Ok(length)
        }
        None => error("invalid UTF-8 sequence in string"),
    }
}

/// A character that QEMU takes: no surrogate, no noncharacter.
fn character(code: u32) -> Option<char> {
    let noncharacter = (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE;
    if noncharacter { None } else { char::from_u32(code) }
}
