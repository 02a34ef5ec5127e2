//! Reads one JSON text and lists every deviation from strict JSON in ASCII, instead of failing.
//! What a deviation means (violation, warning, nothing) is for the oracles to say.

use crate::number::Number;
use crate::scan::{plain_length, run_length};
use crate::value::Value;
use std::collections::HashSet;

/// Something in a JSON text that RFC 8259 or QMP's "output is ASCII" does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviationKind {
    /// Not JSON, and no value could be made of it.
    Syntax,
    /// `inf`, `-inf`, `nan` (any case) where a number is due.
    NotANumber,
    /// Another deviating number: leading zero, bare dot, plus sign, hexadecimal.
    NumberForm,
    /// A string in single quotes.
    SingleQuote,
    /// A raw control character within a string.
    ControlCharacter,
    /// An escape that JSON does not have.
    Escape,
    /// An escaped surrogate without its other half: JSON's grammar has it, and it stands for no character.
    LoneSurrogate,
    /// A raw byte of 0x80 or more that is part of valid UTF-8.
    NonAscii,
    /// A raw byte sequence that is not UTF-8.
    NotUtf8,
    /// An object has two members of one name.
    DuplicateKey,
    /// A comma too many (`[1,]`).
    TrailingComma,
    /// Deeper than the limit.
    Nesting,
    /// More values than [`VALUES_MAX`].
    Values,
    /// Bytes after the end of the value.
    TrailingBytes,
}

/// One deviation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// Byte offset in the text.
    pub offset: usize,
    /// What it is.
    pub kind: DeviationKind,
}

/// A JSON text, read as far as possible.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The value, repaired where it deviated; `None` when no value could be made of it.
    pub value: Option<Value>,
    /// The deviations in order of offset: the first [`DEVIATIONS_MAX`], and the one that ended the reading.
    pub deviations: Vec<Deviation>,
}

/// Deviations kept of one text; of later ones only that is kept which left no value.
pub const DEVIATIONS_MAX: usize = 16;

/// Values that a text may have, containers included: a text of many small ones takes up far more memory than
/// its bytes. QEMU reads at most twice as many tokens, and its longest replies have some 30,000 values.
pub const VALUES_MAX: usize = 1 << 20;

/// Members of an object beyond which repeated keys are looked for in a hash set.
const SCAN_MEMBERS_MAX: usize = 16;

/// Reads `bytes` as one JSON value. Does not recurse: input depth cannot exhaust the stack.
pub fn parse(bytes: &[u8], nesting_max: usize) -> Parsed {
    let mut parser =
        Parser { bytes, at: 0, nesting_max, values: 0, stack: Vec::new(), deviations: Vec::new() };
    let value = parser.run();
    // A repeated key is noted after what its own text deviates in.
    parser.deviations.sort_by_key(|deviation| deviation.offset);
    Parsed { value, deviations: parser.deviations }
}

/// A container that is not closed yet.
enum Open {
    Array(Vec<Value>),
    Object { members: Vec<(String, Value)>, key: String, seen: Option<HashSet<String>> },
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    nesting_max: usize,
    /// Values begun.
    values: usize,
    stack: Vec<Open>,
    deviations: Vec<Deviation>,
}

impl<'a> Parser<'a> {
    fn run(&mut self) -> Option<Value> {
        loop {
            let Some(mut value) = self.value()? else { continue };
            loop {
                match self.attach(value)? {
                    Attached::Whole(whole) => return Some(whole),
                    Attached::Next => break,
                    Attached::Closed(closed) => value = closed,
                }
            }
        }
    }

    fn note(&mut self, offset: usize, kind: DeviationKind) {
        if self.deviations.len() < DEVIATIONS_MAX {
            self.deviations.push(Deviation { offset, kind });
        }
    }

    /// Ends the reading: there will be no value.
    fn fail<T>(&mut self, kind: DeviationKind) -> Option<T> {
        self.deviations.push(Deviation { offset: self.at, kind });
        None
    }

    fn syntax<T>(&mut self) -> Option<T> {
        self.fail(DeviationKind::Syntax)
    }

    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.bytes.get(self.at) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    /// Reads a scalar or an empty container; `Some(None)` when a container was opened instead.
    fn value(&mut self) -> Option<Option<Value>> {
        self.values += 1;
        if self.values > VALUES_MAX {
            return self.fail(DeviationKind::Values);
        }
        match self.peek() {
            Some(open @ (b'{' | b'[')) => self.open(open),
            Some(quote @ (b'"' | b'\'')) => self.string(quote).map(|text| Some(Value::String(text))),
            Some(b'0'..=b'9' | b'-' | b'+' | b'.') => self.number().map(Some),
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.keyword().map(Some),
            _ => self.syntax(),
        }
    }

    fn open(&mut self, bracket: u8) -> Option<Option<Value>> {
        if self.stack.len() >= self.nesting_max {
            return self.fail(DeviationKind::Nesting);
        }
        self.at += 1;
        let next = self.peek();
        match (bracket, next) {
            (b'[', Some(b']')) => {
                self.at += 1;
                return Some(Some(Value::Array(Vec::new())));
            }
            (b'{', Some(b'}')) => {
                self.at += 1;
                return Some(Some(Value::Object(Vec::new())));
            }
            (b'[', _) => self.stack.push(Open::Array(Vec::new())),
            _ => {
                self.stack.push(Open::Object { members: Vec::new(), key: String::new(), seen: None });
                self.key()?;
            }
        }
        Some(None)
    }

    /// A key of the innermost object, and its colon.
    fn key(&mut self) -> Option<()> {
        let (start, name) = match self.peek() {
            Some(quote @ (b'"' | b'\'')) => {
                let start = self.at;
                (start, self.string(quote)?)
            }
            _ => return self.syntax(),
        };
        if let Some(Open::Object { members, key, seen }) = self.stack.last_mut() {
            let repeated = is_repeated(members, seen, &name);
            *key = name;
            if repeated {
                self.note(start, DeviationKind::DuplicateKey);
            }
        }
        if self.peek() != Some(b':') {
            return self.syntax();
        }
        self.at += 1;
        Some(())
    }

    /// Puts a complete value where it belongs, and reads the comma or bracket after it.
    fn attach(&mut self, value: Value) -> Option<Attached> {
        let closer = match self.stack.last_mut() {
            None => {
                if self.peek().is_some() {
                    self.note(self.at, DeviationKind::TrailingBytes);
                }
                return Some(Attached::Whole(value));
            }
            Some(Open::Array(elements)) => {
                elements.push(value);
                b']'
            }
            Some(Open::Object { members, key, .. }) => {
                members.push((std::mem::take(key), value));
                b'}'
            }
        };
        match self.peek() {
            Some(b',') => {
                let comma = self.at;
                self.at += 1;
                if self.peek() == Some(closer) {
                    self.note(comma, DeviationKind::TrailingComma);
                    return self.close();
                }
                if closer == b'}' {
                    self.key()?;
                }
                Some(Attached::Next)
            }
            Some(byte) if byte == closer => self.close(),
            _ => self.syntax(),
        }
    }

    fn close(&mut self) -> Option<Attached> {
        self.at += 1;
        Some(Attached::Closed(match self.stack.pop()? {
            Open::Array(elements) => Value::Array(elements),
            Open::Object { members, .. } => Value::Object(members),
        }))
    }

    /// The letters, digits and signs from here on, which need not make sense.
    fn word(&self) -> &'a str {
        let ends = |byte: u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_'));
        let rest = &self.bytes[self.at..];
        // All of it is ASCII.
        std::str::from_utf8(&rest[..run_length(rest, ends)]).unwrap_or_default()
    }

    fn keyword(&mut self) -> Option<Value> {
        let word = self.word();
        let length = word.len();
        let value = match word {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => {
                let Some(value) = not_a_number(word) else { return self.syntax() };
                self.note(self.at, DeviationKind::NotANumber);
                value
            }
        };
        self.at += length;
        Some(value)
    }

    fn number(&mut self) -> Option<Value> {
        if let Some(value) = self.small_integer() {
            return Some(value);
        }
        let word = self.word();
        let length = word.len();
        let (value, deviation) = match not_a_number(word) {
            Some(value) => (value, Some(DeviationKind::NotANumber)),
            None => {
                let form = (!is_json_number(word)).then_some(DeviationKind::NumberForm);
                let Some(number) = Number::from_token(word).or_else(|| hexadecimal(word)) else {
                    return self.syntax();
                };
                (Value::Number(number), form)
            }
        };
        if let Some(kind) = deviation {
            self.note(self.at, kind);
        }
        self.at += length;
        Some(value)
    }

    /// The common case without a string: up to 18 digits, no fraction.
    fn small_integer(&mut self) -> Option<Value> {
        let text = &self.bytes[self.at..];
        let digits = text.iter().take(19).take_while(|byte| byte.is_ascii_digit()).count();
        let ends =
            text.get(digits).is_none_or(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\r' | b'\n'));
        if digits == 0 || digits > 18 || !ends || (digits > 1 && text[0] == b'0') {
            return None;
        }
        let value = text[..digits].iter().fold(0i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        self.at += digits;
        Some(Value::int(value))
    }

    fn string(&mut self, quote: u8) -> Option<String> {
        if quote == b'\'' {
            self.note(self.at, DeviationKind::SingleQuote);
        }
        self.at += 1;
        let run = self.plain_run(quote);
        // Most strings are nothing else: they take what they need, and no more.
        let mut text = run.to_owned();
        self.at += text.len();
        loop {
            match self.bytes.get(self.at) {
                None => return self.syntax(),
                Some(byte) if *byte == quote => {
                    self.at += 1;
                    return Some(text);
                }
                Some(b'\\') => self.escape(&mut text)?,
                Some(byte) if *byte < 0x20 => {
                    self.note(self.at, DeviationKind::ControlCharacter);
                    text.push(char::from(*byte));
                    self.at += 1;
                }
                Some(_) => self.beyond_ascii(&mut text),
            }
            let run = self.plain_run(quote);
            text.push_str(run);
            self.at += run.len();
        }
    }

    /// What of a string stands for itself, from here on.
    fn plain_run(&self, quote: u8) -> &'a str {
        let rest = &self.bytes[self.at..];
        let ends = |byte| (byte == quote) | (byte == b'\\') | !(0x20..0x80).contains(&byte);
        let length = if quote == b'"' { plain_length(rest) } else { run_length(rest, ends) };
        // All of it is ASCII.
        std::str::from_utf8(&rest[..length]).unwrap_or_default()
    }

    /// The bytes of 0x80 and more from here on: each stretch of characters and each broken one is noted.
    fn beyond_ascii(&mut self, text: &mut String) {
        let rest = &self.bytes[self.at..];
        let run = &rest[..run_length(rest, |byte| byte < 0x80)];
        for chunk in run.utf8_chunks() {
            if !chunk.valid().is_empty() {
                self.note(self.at, DeviationKind::NonAscii);
                text.push_str(chunk.valid());
                self.at += chunk.valid().len();
            }
            if !chunk.invalid().is_empty() {
                self.note(self.at, DeviationKind::NotUtf8);
                text.push(char::REPLACEMENT_CHARACTER);
                self.at += chunk.invalid().len();
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Option<()> {
        let start = self.at;
        let Some(escaped) = self.bytes.get(start + 1).copied() else { return self.syntax() };
        self.at += 2;
        let plain = match escaped {
            b'"' | b'\\' | b'/' => char::from(escaped),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(start, text),
            _ => {
                self.note(start, DeviationKind::Escape);
                char::from(escaped)
            }
        };
        text.push(plain);
        Some(())
    }

    fn unicode_escape(&mut self, start: usize, text: &mut String) -> Option<()> {
        let Some(unit) = self.hex4(self.at) else {
            self.note(start, DeviationKind::Escape);
            text.push(char::REPLACEMENT_CHARACTER);
            return Some(());
        };
        self.at += 4;
        let low = match self.bytes.get(self.at..self.at + 2) {
            Some(b"\\u") => self.hex4(self.at + 2).filter(|low| (0xDC00..0xE000).contains(low)),
            _ => None,
        };
        let code = match (unit, low) {
            (0xD800..0xDC00, Some(low)) => {
                self.at += 6;
                0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
            }
            _ => unit,
        };
        match char::from_u32(code) {
            Some(ch) => text.push(ch),
            None => {
                self.note(start, DeviationKind::LoneSurrogate);
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Some(())
    }

    fn hex4(&self, at: usize) -> Option<u32> {
        let digits = self.bytes.get(at..at + 4)?;
        digits.iter().try_fold(0, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))
    }
}

/// Where a complete value went.
enum Attached {
    /// It is the whole text.
    Whole(Value),
    /// Into its container, and another follows.
    Next,
    /// Into its container, which closed and is complete itself.
    Closed(Value),
}

/// Whether `key` names one of the members. `seen` takes their names over once they are many.
pub(crate) fn is_repeated(
    members: &[(String, Value)],
    seen: &mut Option<HashSet<String>>,
    key: &str,
) -> bool {
    if members.len() < SCAN_MEMBERS_MAX {
        return members.iter().any(|(name, _)| name == key);
    }
    let seen = seen.get_or_insert_with(|| members.iter().map(|(name, _)| name.clone()).collect());
    !seen.insert(key.to_owned())
}

fn not_a_number(word: &str) -> Option<Value> {
    let (sign, rest) = match word.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, word.strip_prefix('+').unwrap_or(word)),
    };
    match rest.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => Some(Value::Number(Number::Double(sign * f64::INFINITY))),
        "nan" => Some(Value::Number(Number::Double(f64::NAN))),
        _ => None,
    }
}

/// `0x1F`, as a number that a peer might mean by it.
fn hexadecimal(word: &str) -> Option<Number> {
    u64::from_str_radix(word.strip_prefix("0x")?, 16).ok().map(Number::from_u64)
}

/// RFC 8259, section 6.
fn is_json_number(word: &str) -> bool {
    let unsigned = word.strip_prefix('-').unwrap_or(word).as_bytes();
    let digits = |from: usize| unsigned[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = digits(0);
    if at == 0 || (at > 1 && unsigned[0] == b'0') {
        return false;
    }
    if unsigned.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        if fraction == 0 {
            return false;
        }
        at += 1 + fraction;
    }
    if matches!(unsigned.get(at), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(unsigned.get(at + 1), Some(b'+' | b'-')));
        let exponent = if at + 1 + signed <= unsigned.len() { digits(at + 1 + signed) } else { 0 };
        if exponent == 0 {
            return false;
        }
        at += 1 + signed + exponent;
    }
    at == unsigned.len()
}
