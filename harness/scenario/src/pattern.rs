//! What a message must look like: a JSON value in which `...` elides and `$NAME` stands for something known.

use crate::bindings::Bindings;
use qmprobe_wire::{Number, Value};

/// Differences told of one message.
const DIFFERENCES_MAX: usize = 8;

/// A value to be matched.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// `...`: anything.
    Any,
    /// `$NAME`: what the name stands for.
    Name(String),
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number; compared by value.
    Number(Number),
    /// A string, with names in it still to be filled in.
    String(String),
    /// An array.
    Array(Vec<Element>),
    /// An object, its members in any order.
    Object {
        /// The members that must be there.
        members: Vec<(String, Pattern)>,
        /// Whether there may be others.
        more: bool,
    },
}

/// An element of an array.
#[derive(Clone, Debug, PartialEq)]
pub enum Element {
    /// One element.
    One(Pattern),
    /// `...`: any number of elements. At most once in an array, or at both ends: then what is between stands anywhere.
    Rest,
}

/// Where a value is not what a pattern says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Path into the value: `return.nodes[0].name`; empty for the whole.
    pub path: String,
    /// What is due there.
    pub expected: String,
    /// What is there.
    pub actual: String,
}

/// What of a message counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strictness {
    /// `desc` of an error is compared too.
    pub desc: bool,
}

impl Pattern {
    /// Where `message` is not what the pattern says; empty when it matches. A whole message is meant: `desc` in
    /// `error` is compared only on request, and `timestamp` beside `event` never.
    pub fn differences(
        &self,
        message: &Value,
        bindings: &Bindings,
        strictness: Strictness,
    ) -> Vec<Difference> {
        let mut walk = Walk { bindings, strictness, found: Vec::new() };
        walk.value("", self, message);
        walk.found
    }

    /// Whether it says what kind of event it waits for.
    pub fn is_of_an_event(&self) -> bool {
        matches!(self, Pattern::Object { members, .. } if members.iter().any(|(name, _)| name == "event"))
    }

    /// Every name in it, in order.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        let mut todo = vec![self];
        while let Some(pattern) = todo.pop() {
            match pattern {
                Pattern::Name(name) => names.push(name.as_str()),
                Pattern::String(text) => {
                    names.extend(crate::bindings::pieces(text).into_iter().filter_map(|piece| match piece {
                        crate::bindings::Piece::Name(name) => Some(name),
                        _ => None,
                    }));
                }
                Pattern::Array(elements) => {
                    todo.extend(elements.iter().filter_map(|element| match element {
                        Element::One(pattern) => Some(pattern),
                        Element::Rest => None,
                    }))
                }
                Pattern::Object { members, .. } => todo.extend(members.iter().map(|(_, pattern)| pattern)),
                _ => {}
            }
        }
        names
    }

    /// The pattern that matches exactly this value. Numbers that are no JSON match themselves.
    pub fn exactly(value: &Value) -> Pattern {
        match value {
            Value::Null => Pattern::Null,
            Value::Bool(b) => Pattern::Bool(*b),
            Value::Number(number) => Pattern::Number(*number),
            Value::String(text) => Pattern::String(text.replace('$', "$$")),
            Value::Array(elements) => {
                Pattern::Array(elements.iter().map(|one| Element::One(Pattern::exactly(one))).collect())
            }
            Value::Object(members) => Pattern::Object {
                members: members.iter().map(|(name, one)| (name.clone(), Pattern::exactly(one))).collect(),
                more: false,
            },
        }
    }
}

/// Compares as deep as the pattern goes; the reader of scenarios bounds that.
struct Walk<'a> {
    bindings: &'a Bindings,
    strictness: Strictness,
    found: Vec<Difference>,
}

impl Walk<'_> {
    fn value(&mut self, path: &str, pattern: &Pattern, actual: &Value) {
        let equal = match (pattern, actual) {
            (Pattern::Any, _) => true,
            (Pattern::Name(name), actual) => self.bindings.get(name) == Some(actual),
            (Pattern::Null, Value::Null) => true,
            (Pattern::Bool(a), Value::Bool(b)) => a == b,
            (Pattern::Number(a), Value::Number(b)) => a == b,
            (Pattern::String(text), Value::String(actual)) => self.bindings.fill_string(text) == *actual,
            (Pattern::Array(elements), Value::Array(actual)) => return self.array(path, elements, actual),
            (Pattern::Object { members, more }, Value::Object(actual)) => {
                return self.object(path, members, *more, actual);
            }
            _ => false,
        };
        if !equal {
            self.tell(path.to_owned(), self.shown(pattern), actual.to_string());
        }
    }

    fn array(&mut self, path: &str, elements: &[Element], actual: &[Value]) {
        if let [Element::Rest, anywhere @ .., Element::Rest] = elements {
            return self.anywhere(path, anywhere, actual);
        }
        let rest = elements.iter().position(|element| *element == Element::Rest);
        let (head, tail) = match rest {
            Some(at) => (&elements[..at], &elements[at + 1..]),
            None => (elements, &[][..]),
        };
        let due = head.len() + tail.len();
        if actual.len() < due || (rest.is_none() && actual.len() > due) {
            let least = if rest.is_some() { "at least " } else { "" };
            let expected = format!("{least}{due} elements");
            return self.tell(path.to_owned(), expected, format!("{} elements", actual.len()));
        }
        let tail_at = actual.len() - tail.len();
        let pairs = head.iter().zip(actual).enumerate();
        let tails = tail.iter().zip(&actual[tail_at..]).enumerate().map(|(at, pair)| (tail_at + at, pair));
        for (at, (element, actual)) in pairs.chain(tails) {
            if let Element::One(pattern) = element {
                self.value(&format!("{path}[{at}]"), pattern, actual);
            }
        }
    }

    /// Each element must stand somewhere, whatever else does.
    fn anywhere(&mut self, path: &str, elements: &[Element], actual: &[Value]) {
        for element in elements {
            let Element::One(pattern) = element else { continue };
            let is_it = |actual: &Value| {
                let mut walk =
                    Walk { bindings: self.bindings, strictness: self.strictness, found: Vec::new() };
                walk.value(path, pattern, actual);
                walk.found.is_empty()
            };
            if !actual.iter().any(is_it) {
                let expected = format!("an element {}", self.shown(pattern));
                self.tell(path.to_owned(), expected, format!("none of {}", actual.len()));
            }
        }
    }

    fn object(&mut self, path: &str, members: &[(String, Pattern)], more: bool, actual: &[(String, Value)]) {
        let is_error = path == "error" && !self.strictness.desc;
        let is_event = path.is_empty() && members.iter().any(|(name, _)| name == "event");
        let ignored = |name: &str| is_error && name == "desc" || is_event && name == "timestamp";
        for (name, pattern) in members.iter().filter(|(name, _)| !ignored(name)) {
            let mut theirs = actual.iter().filter(|(theirs, _)| theirs == name);
            let at = joined(path, name);
            match (theirs.next(), theirs.next()) {
                (Some((_, value)), None) => self.value(&at, pattern, value),
                (Some(_), Some(_)) => self.tell(at, "one member".to_owned(), "several".to_owned()),
                (None, _) => self.tell(at, self.shown(pattern), "nothing".to_owned()),
            }
        }
        if more {
            return;
        }
        for (name, value) in actual.iter().filter(|(name, _)| !ignored(name)) {
            if members.iter().all(|(known, _)| known != name) {
                self.tell(joined(path, name), "nothing".to_owned(), value.to_string());
            }
        }
    }

    fn shown(&self, pattern: &Pattern) -> String {
        match pattern {
            Pattern::Name(name) => match self.bindings.get(name) {
                Some(value) => format!("{value} (${name})"),
                None => format!("${name}"),
            },
            Pattern::String(text) => Value::string(self.bindings.fill_string(text)).to_string(),
            pattern => pattern.to_string(),
        }
    }

    fn tell(&mut self, path: String, expected: String, actual: String) {
        if self.found.len() < DIFFERENCES_MAX {
            self.found.push(Difference { path, expected, actual });
        }
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The part of `value` at `path` (`return.nodes[0].name`), where there is one.
pub fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut here = value;
    for part in path.split('.') {
        let (name, indices) = part.split_at(part.find('[').unwrap_or(part.len()));
        if !name.is_empty() {
            here = here.get(name)?;
        }
        for index in indices.split_terminator(']') {
            here = here.as_array()?.get(index.strip_prefix('[')?.parse::<usize>().ok()?)?;
        }
    }
    Some(here)
}
