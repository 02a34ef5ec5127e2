//! What is made of a text while it is read: a whole value, or only its outline, which costs no memory for what
//! the text says.

use super::parser::{Fallible, NO_KEY, error};
use super::string::{check, string};
use crate::number::Number;
use crate::parse::is_repeated;
use crate::value::Value;
use std::collections::HashSet;
use std::fmt::Debug;

/// Makes something of one text, piece by piece. Its containers are a stack; the innermost is the one that pieces
/// go to.
pub trait Build: Debug + Default {
    /// What becomes of a value.
    type Value: Debug;

    /// A string, from its token with quotes and escapes.
    fn text(token: &[u8]) -> Fallible<Self::Value>;

    /// A number, if the token is one.
    fn number(token: &[u8]) -> Option<Self::Value>;

    /// `true`, `false` or `null`.
    fn constant(truth: Option<bool>) -> Self::Value;

    /// Begins an object or an array within the innermost container.
    fn open(&mut self, is_object: bool);

    /// Whether the innermost container is an object; `None` where there is none.
    fn in_object(&self) -> Option<bool>;

    /// The name of the innermost object's next member, from its token.
    fn name(&mut self, token: &[u8]) -> Fallible<()>;

    /// Ends the innermost container, and gives it out.
    fn close(&mut self) -> Option<Self::Value>;

    /// Puts a complete value into the innermost container, or gives it back when there is none.
    fn attach(&mut self, value: Self::Value) -> Fallible<Option<Self::Value>>;
}

/// Makes [`Value`]s.
#[derive(Debug, Default)]
pub struct Whole {
    stack: Vec<Open>,
}

/// A container that is not closed yet.
#[derive(Debug)]
enum Open {
    Array(Vec<Value>),
    Object { members: Vec<(String, Value)>, key: Option<String>, seen: Option<HashSet<String>> },
}

impl Build for Whole {
    type Value = Value;

    fn text(token: &[u8]) -> Fallible<Value> {
        string(token).map(Value::String)
    }

    fn number(token: &[u8]) -> Option<Value> {
        std::str::from_utf8(token).ok().and_then(Number::from_token).map(Value::Number)
    }

    fn constant(truth: Option<bool>) -> Value {
        truth.map_or(Value::Null, Value::Bool)
    }

    fn open(&mut self, is_object: bool) {
        self.stack.push(match is_object {
            true => Open::Object { members: Vec::new(), key: None, seen: None },
            false => Open::Array(Vec::new()),
        });
    }

    fn in_object(&self) -> Option<bool> {
        self.stack.last().map(|open| matches!(open, Open::Object { .. }))
    }

    fn name(&mut self, token: &[u8]) -> Fallible<()> {
        let name = string(token)?;
        if let Some(Open::Object { key, .. }) = self.stack.last_mut() {
            *key = Some(name);
        }
        Ok(())
    }

    fn close(&mut self) -> Option<Value> {
        self.stack.pop().map(|open| match open {
            Open::Array(elements) => Value::Array(elements),
            Open::Object { members, .. } => Value::Object(members),
        })
    }

    fn attach(&mut self, value: Value) -> Fallible<Option<Value>> {
        match self.stack.last_mut() {
            None => return Ok(Some(value)),
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
        Ok(None)
    }
}

/// Makes of each value whether it is an object. Keeps no more than the names of members of objects that are open.
#[derive(Debug, Default)]
pub struct Outline {
    stack: Vec<Level>,
    /// The text of all names that are kept, one after another, and of the one that has no value yet.
    text: Vec<u8>,
    /// Where each name ends in it.
    ends: Vec<usize>,
}

/// A container that is not closed yet.
#[derive(Debug)]
struct Level {
    is_object: bool,
    /// The last of the names waits for its value.
    is_named: bool,
    /// Where the names of this object begin.
    first: usize,
    /// All of them, once they are many.
    seen: Option<HashSet<Box<[u8]>>>,
}

/// Names that are compared one by one.
const COMPARED_MAX: usize = 32;

impl Outline {
    fn name_at(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[at]]
    }

    /// Whether the last name is one of those before it, from the first on.
    fn is_last_repeated(&mut self, first: usize) -> bool {
        let last = self.ends.len().saturating_sub(1);
        if last - first < COMPARED_MAX {
            let name = self.name_at(last);
            return (first..last).any(|at| self.name_at(at) == name);
        }
        let seen = self.stack.last_mut().and_then(|level| level.seen.take());
        let mut seen = seen.unwrap_or_else(|| (first..last).map(|at| self.name_at(at).into()).collect());
        let is_new = seen.insert(self.name_at(last).into());
        if let Some(level) = self.stack.last_mut() {
            level.seen = Some(seen);
        }
        !is_new
    }
}

impl Build for Outline {
    type Value = bool;

    fn text(token: &[u8]) -> Fallible<bool> {
        check(token).map(|()| false)
    }

    fn number(_: &[u8]) -> Option<bool> {
        // What the lexer takes for a number is one.
        Some(false)
    }

    fn constant(_: Option<bool>) -> bool {
        false
    }

    fn open(&mut self, is_object: bool) {
        self.stack.push(Level { is_object, is_named: false, first: self.ends.len(), seen: None });
    }

    fn in_object(&self) -> Option<bool> {
        self.stack.last().map(|level| level.is_object)
    }

    fn name(&mut self, token: &[u8]) -> Fallible<()> {
        let Some(level) = self.stack.last_mut() else { return Ok(()) };
        level.is_named = true;
        match super::string::plain(token) {
            Some(plain) => self.text.extend_from_slice(plain),
            None => self.text.extend_from_slice(string(token)?.as_bytes()),
        }
        self.ends.push(self.text.len());
        Ok(())
    }

    fn close(&mut self) -> Option<bool> {
        let level = self.stack.pop()?;
        let kept = level.first.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.ends.truncate(level.first);
        self.text.truncate(kept);
        Some(level.is_object)
    }

    fn attach(&mut self, value: bool) -> Fallible<Option<bool>> {
        let Some(level) = self.stack.last_mut() else { return Ok(Some(value)) };
        if level.is_object {
            let first = level.first;
            if !std::mem::take(&mut level.is_named) {
                return error(NO_KEY);
            }
            if self.is_last_repeated(first) {
                return error("duplicate key");
            }
        }
        Ok(None)
    }
}
