//! Tokens into a value, one at a time, or the first error (`json-parser.c`). Does not recurse.
//! Knows nothing of balance or limits: the streamer begins and abandons texts.

use super::lexer::Kind;
use super::string::{echoed, string};
use crate::number::Number;
use crate::parse::is_repeated;
use crate::value::Value;
use std::collections::HashSet;

/// What comes of a token: an error in the words of QEMU 7.2.
pub(super) type Fallible<T> = Result<T, String>;

/// A container that is not closed yet.
#[derive(Debug)]
enum Open {
    Array(Vec<Value>),
    Object { members: Vec<(String, Value)>, key: Option<String>, seen: Option<HashSet<String>> },
}

/// What the next token may be.
#[derive(Clone, Copy, Debug)]
enum Expect {
    Value,
    ElementOrClose,
    KeyOrClose,
    Key,
    Colon,
    CommaOrClose,
}

/// Bytes of an error's words.
const WHAT_BYTES_MAX: usize = 1023;
const NO_KEY: &str = "key is not a string in object";

/// One text, as far as it has been read.
#[derive(Debug)]
pub(super) struct Parser {
    stack: Vec<Open>,
    expect: Expect,
    /// A container where a key is due is refused at once.
    prompt: bool,
}

impl Parser {
    /// At the beginning of a text.
    pub fn new(prompt: bool) -> Parser {
        Parser { stack: Vec::new(), expect: Expect::Value, prompt }
    }

    /// Takes the next token; gives the value out with the token that completes it, and is then at the beginning
    /// of another text.
    ///
    /// # Errors
    /// The token does not fit. The text is lost: the parser must be made anew.
    #[inline]
    pub fn feed(&mut self, kind: Kind, text: &[u8]) -> Fallible<Option<Value>> {
        // Most tokens complete nothing, and the fewer words are moved for them the better.
        match (self.expect, kind) {
            (Expect::Colon, Kind::Mark(b':')) => {
                self.expect = Expect::Value;
                return Ok(None);
            }
            (Expect::CommaOrClose, Kind::Mark(b',')) => {
                let in_array = matches!(self.stack.last(), Some(Open::Array(_)));
                self.expect = if in_array { Expect::Value } else { Expect::Key };
                return Ok(None);
            }
            (Expect::Key | Expect::KeyOrClose, Kind::Text) => {
                let name = string(text)?;
                if let Some(Open::Object { key, .. }) = self.stack.last_mut() {
                    *key = Some(name);
                }
                self.expect = Expect::Colon;
                return Ok(None);
            }
            _ => {}
        }
        self.complete(kind, text)
    }

    fn complete(&mut self, kind: Kind, text: &[u8]) -> Fallible<Option<Value>> {
        let value = match (self.expect, kind) {
            (Expect::ElementOrClose, Kind::Mark(b']')) | (Expect::KeyOrClose, Kind::Mark(b'}')) => {
                self.close()
            }
            (Expect::Value | Expect::ElementOrClose, _) => self.value(kind, text)?,
            (Expect::Key | Expect::KeyOrClose, _) => self.no_name(kind, text)?,
            (Expect::Colon, _) => return error("missing : in object pair"),
            (Expect::CommaOrClose, _) => self.close_by(kind)?,
        };
        match value {
            Some(value) => self.attach(value),
            None => Ok(None),
        }
    }

    /// A scalar; `None` when a container was opened instead.
    fn value(&mut self, kind: Kind, text: &[u8]) -> Fallible<Option<Value>> {
        match (kind, text) {
            (Kind::Mark(b'{'), _) => {
                self.stack.push(Open::Object { members: Vec::new(), key: None, seen: None });
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
            (Kind::Keyword, _) => error(&format!("invalid keyword '{}'", echoed(text))),
            _ => error("expecting value"),
        }
    }

    /// QEMU 3.1 to 10 read any value where a key is due, and see only then that it is none.
    fn no_name(&mut self, kind: Kind, text: &[u8]) -> Fallible<Option<Value>> {
        match self.value(kind, text)? {
            None if !self.prompt => Ok(None),
            _ => error(NO_KEY),
        }
    }

    fn close_by(&mut self, kind: Kind) -> Fallible<Option<Value>> {
        match (self.stack.last(), kind) {
            (Some(Open::Array(_)), Kind::Mark(b']')) | (Some(Open::Object { .. }), Kind::Mark(b'}')) => {
                Ok(self.close())
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
                let Some(key) = key.take() else { return error(NO_KEY) };
                if is_repeated(members, seen, &key) {
                    return error("duplicate key");
                }
                members.push((key, value));
            }
        }
        self.expect = Expect::CommaOrClose;
        Ok(None)
    }
}

/// The error of a text. QEMU cuts it to its buffer.
pub(super) fn error<T>(what: &str) -> Fallible<T> {
    let what = what.get(..WHAT_BYTES_MAX).unwrap_or(what);
    Err(format!("JSON parse error, {what}"))
}
