//! Tokens into a value, one at a time, or the first error (`json-parser.c`). Does not recurse.
//! Knows nothing of balance or limits: the streamer begins and abandons texts.

use super::lexer::Kind;
use crate::number::Number;
use crate::parse::is_repeated;
use crate::value::Value;
use std::collections::HashSet;

/// What comes of a token: an error in words like QEMU's.
pub(super) type Fallible<T> = Result<T, String>;

/// A container that is not closed yet.
#[derive(Debug)]
enum Open {
    Array(Vec<Value>),
    Object { members: Vec<(String, Value)>, key: String, seen: Option<HashSet<String>> },
}

/// What the next token may be.
#[derive(Clone, Copy, Debug, Default)]
enum Expect {
    #[default]
    Value,
    ElementOrClose,
    KeyOrClose,
    Key,
    Colon,
    CommaOrClose,
}

/// One text, as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Parser {
    stack: Vec<Open>,
    expect: Expect,
}

impl Parser {
    /// Takes the next token; gives the value out with the token that completes it.
    ///
    /// # Errors
    /// The token does not fit. The text is lost: the parser must be made anew.
    pub fn feed(&mut self, kind: Kind, text: &[u8]) -> Fallible<Option<Value>> {
        let value = match (self.expect, kind) {
            (Expect::ElementOrClose, Kind::Mark(b']')) | (Expect::KeyOrClose, Kind::Mark(b'}')) => {
                self.close()
            }
            (Expect::Value | Expect::ElementOrClose, _) => self.value(kind, text)?,
            (Expect::Key | Expect::KeyOrClose, _) => return self.key(kind, text),
            (Expect::Colon, Kind::Mark(b':')) => {
                self.expect = Expect::Value;
                None
            }
            (Expect::Colon, _) => return error("missing : in object pair"),
            (Expect::CommaOrClose, _) => self.comma_or_close(kind)?,
        };
        value.map_or(Ok(None), |value| self.attach(value))
    }

    /// A scalar; `None` when a container was opened instead.
    fn value(&mut self, kind: Kind, text: &[u8]) -> Fallible<Option<Value>> {
        match (kind, text) {
            (Kind::Mark(b'{'), _) => {
                self.stack.push(Open::Object { members: Vec::new(), key: String::new(), seen: None });
                self.expect = Expect::KeyOrClose;
                Ok(None)
            }
            (Kind::Mark(b'['), _) => {
                self.stack.push(Open::Array(Vec::new()));
                self.expect = Expect::ElementOrClose;
                Ok(None)
            }
            (Kind::Text, _) => string(text).map(|text| Some(Value::String(text))),
            (Kind::Number, _) => {
                let number = std::str::from_utf8(text).ok().and_then(Number::from_token);
                number.map_or_else(|| error("invalid number"), |number| Ok(Some(Value::Number(number))))
            }
            (Kind::Keyword, b"true") => Ok(Some(Value::Bool(true))),
            (Kind::Keyword, b"false") => Ok(Some(Value::Bool(false))),
            (Kind::Keyword, b"null") => Ok(Some(Value::Null)),
            (Kind::Keyword, _) => error(&format!("invalid keyword '{}'", quoted(text))),
            _ => error("expecting value"),
        }
    }

    fn key(&mut self, kind: Kind, text: &[u8]) -> Fallible<Option<Value>> {
        match kind {
            Kind::Text => {
                let name = string(text)?;
                if let Some(Open::Object { key, .. }) = self.stack.last_mut() {
                    *key = name;
                }
                self.expect = Expect::Colon;
                Ok(None)
            }
            Kind::Mark(b'}' | b']' | b',' | b':') => error("expecting value"),
            _ => error("key is not a string in object"),
        }
    }

    fn comma_or_close(&mut self, kind: Kind) -> Fallible<Option<Value>> {
        match (self.stack.last(), kind) {
            (Some(Open::Array(_)), Kind::Mark(b']')) | (Some(Open::Object { .. }), Kind::Mark(b'}')) => {
                Ok(self.close())
            }
            (Some(Open::Array(_)), Kind::Mark(b',')) => {
                self.expect = Expect::Value;
                Ok(None)
            }
            (Some(Open::Object { .. }), Kind::Mark(b',')) => {
                self.expect = Expect::Key;
                Ok(None)
            }
            (Some(Open::Array(_)), _) => error("expected separator in list"),
            _ => error("expected separator in dict"),
        }
    }

    fn close(&mut self) -> Option<Value> {
        self.stack.pop().map(|open| match open {
            Open::Array(elements) => Value::Array(elements),
            Open::Object { members, .. } => Value::Object(members),
        })
    }

    /// Puts a complete value into its container, or gives it out when it has none.
    fn attach(&mut self, value: Value) -> Fallible<Option<Value>> {
        match self.stack.last_mut() {
            None => {
                self.expect = Expect::Value;
                return Ok(Some(value));
            }
            Some(Open::Array(elements)) => elements.push(value),
            // QEMU looks for the key only now, when the value is there.
            Some(Open::Object { members, key, seen }) => {
                if is_repeated(members, seen, key) {
                    return error("duplicate key");
                }
                members.push((std::mem::take(key), value));
            }
        }
        self.expect = Expect::CommaOrClose;
        Ok(None)
    }
}

/// A token in an error text. QEMU echoes all of it; the beginning is enough for ours.
pub(super) fn quoted(token: &[u8]) -> String {
    const SHOWN_BYTES_MAX: usize = 64;
    match token.get(..SHOWN_BYTES_MAX) {
        Some(shown) if token.len() > SHOWN_BYTES_MAX => format!("{}…", String::from_utf8_lossy(shown)),
        _ => String::from_utf8_lossy(token).into_owned(),
    }
}

fn error<T>(what: &str) -> Fallible<T> {
    Err(format!("JSON parse error, {what}"))
}

/// A string token with its quotes: escapes resolved, its UTF-8 checked as QEMU does
/// (`util/unicode.c:mod_utf8_codepoint`: C0 80 is U+0000, no other overlong form, no noncharacters).
fn string(token: &[u8]) -> Fallible<String> {
    let inner = token.get(1..token.len().saturating_sub(1)).unwrap_or_default();
    let mut text = String::with_capacity(inner.len());
    let mut at = 0;
    while at < inner.len() {
        let plain = crate::scan::run_length(&inner[at..], |byte| (byte == b'\\') | (byte >= 0x80));
        text.push_str(&String::from_utf8_lossy(&inner[at..at + plain]));
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
