//! Reads the value behind `<-`: JSON as QEMU's documentation writes it, with `...` and `$NAME`.

use crate::bindings::name_length;
use crate::pattern::{Element, Pattern};
use qmprobe_wire::{Number, Value};

/// Brackets that may be open at once.
const NESTING_MAX: usize = 64;

/// What is wrong, and at which byte.
pub(crate) type Refusal = (usize, &'static str);

/// Reads all of `text` as one pattern.
pub(crate) fn pattern(text: &str) -> Result<Pattern, Refusal> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let pattern = reader.value()?;
    reader.space();
    if reader.at < text.len() {
        return Err((reader.at, "nothing may follow the value"));
    }
    Ok(pattern)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn takes(&mut self, token: &str) -> bool {
        self.space();
        let there = self.rest().starts_with(token);
        self.at += if there { token.len() } else { 0 };
        there
    }

    fn is_before(&mut self, token: &str) -> bool {
        self.space();
        self.rest().starts_with(token)
    }

    fn refuse<T>(&self, what: &'static str) -> Result<T, Refusal> {
        Err((self.at, what))
    }

    /// Recurses as deep as brackets are open, which is bounded.
    fn value(&mut self) -> Result<Pattern, Refusal> {
        self.space();
        let first = self.rest().chars().next();
        match first {
            None => self.refuse("a value is missing"),
            Some('{') => self.nested(Self::object),
            Some('[') => self.nested(Self::array),
            Some('"') => self.string().map(Pattern::String),
            Some('$') => self.name(),
            Some('.') if self.takes("...") => Ok(Pattern::Any),
            Some(_) => self.word(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Pattern, Refusal>) -> Result<Pattern, Refusal> {
        if self.depth == NESTING_MAX {
            return self.refuse("too many brackets are open: `...` elides");
        }
        self.depth += 1;
        self.at += 1;
        let pattern = read(self);
        self.depth -= 1;
        pattern
    }

    fn object(&mut self) -> Result<Pattern, Refusal> {
        let mut members: Vec<(String, Pattern)> = Vec::new();
        let mut more = false;
        if self.takes("}") {
            return Ok(Pattern::Object { members, more });
        }
        loop {
            let start = self.at;
            if self.takes("...") {
                if more {
                    return Err((start, "`...` stands once in an object"));
                }
                more = true;
            } else {
                let key = self.key()?;
                if members.iter().any(|(name, _)| *name == key) {
                    return Err((start, "this member is there already"));
                }
                if !self.takes(":") {
                    return self.refuse("`:` and a value are missing");
                }
                members.push((key, self.value()?));
            }
            if self.takes("}") {
                return Ok(Pattern::Object { members, more });
            }
            if !self.takes(",") {
                return self.refuse("`,` or `}` is missing");
            }
        }
    }

    fn array(&mut self) -> Result<Pattern, Refusal> {
        let mut elements = Vec::new();
        if self.takes("]") {
            return Ok(Pattern::Array(elements));
        }
        loop {
            let start = self.at;
            if self.takes("...") {
                let is_around = matches!(elements[..], [Element::Rest, _, ..]) && self.is_before("]");
                let rests = elements.iter().filter(|element| **element == Element::Rest).count();
                if rests > usize::from(is_around) {
                    return Err((start, "`...` stands once in an array, or at both its ends"));
                }
                elements.push(Element::Rest);
            } else {
                elements.push(Element::One(self.value()?));
            }
            if self.takes("]") {
                return Ok(Pattern::Array(elements));
            }
            if !self.takes(",") {
                return self.refuse("`,` or `]` is missing");
            }
        }
    }

    fn key(&mut self) -> Result<String, Refusal> {
        self.space();
        if !self.rest().starts_with('"') {
            return self.refuse("the name of a member, in quotes, or `...` is missing");
        }
        self.string()
    }

    fn string(&mut self) -> Result<String, Refusal> {
        let mut escaped = false;
        let ends = |(_, byte): &(usize, u8)| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        };
        let Some((end, _)) = self.rest().bytes().enumerate().skip(1).find(ends) else {
            return self.refuse("this string does not end");
        };
        let literal = &self.rest()[..=end];
        let parsed = qmprobe_wire::parse::parse(literal.as_bytes(), 1);
        let strict = parsed.deviations.iter().all(|one| one.kind == qmprobe_wire::DeviationKind::NonAscii);
        match parsed.value {
            Some(Value::String(text)) if strict => {
                self.at += literal.len();
                Ok(text)
            }
            _ => self.refuse("this string is no JSON"),
        }
    }

    fn name(&mut self) -> Result<Pattern, Refusal> {
        let length = name_length(&self.rest()[1..]);
        if length == 0 {
            return self.refuse("a name behind `$` is made of capitals, digits and `_`");
        }
        let name = self.rest()[1..=length].to_owned();
        self.at += 1 + length;
        Ok(Pattern::Name(name))
    }

    fn word(&mut self) -> Result<Pattern, Refusal> {
        let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
        let word = &self.rest()[..self.rest().find(ends).unwrap_or(self.rest().len())];
        let pattern = match word {
            "null" => Pattern::Null,
            "true" => Pattern::Bool(true),
            "false" => Pattern::Bool(false),
            _ => match Number::from_token(word).filter(|_| is_json_number(word)) {
                Some(number) => Pattern::Number(number),
                None => return self.refuse("this is no JSON value"),
            },
        };
        self.at += word.len();
        Ok(pattern)
    }
}

/// Whether wire's reader has nothing to say against the number.
fn is_json_number(word: &str) -> bool {
    let parsed = qmprobe_wire::parse::parse(word.as_bytes(), 1);
    matches!(parsed.value, Some(Value::Number(_))) && parsed.deviations.is_empty()
}
