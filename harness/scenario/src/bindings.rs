//! What `$NAME` stands for: the scratch directory, and what was captured.

use qmprobe_wire::Value;
use qmprobe_wire::value::encode_string;
use std::collections::BTreeMap;

/// The name of the scratch directory's path.
pub const SCRATCH: &str = "SCRATCH";

/// Names and values.
#[derive(Clone, Debug, Default)]
pub struct Bindings {
    values: BTreeMap<String, Value>,
}

/// A piece of text with names in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Text that stands for itself.
    Text(&'a str),
    /// `$$`: a dollar sign.
    Dollar,
    /// `$NAME`.
    Name(&'a str),
}

/// Cuts text into pieces. A dollar sign with no name behind it stands for itself.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(at) = rest[from..].find('$').map(|at| at + from) {
        let behind = &rest[at + 1..];
        let name = &behind[..name_length(behind)];
        let (piece, length) = match behind.starts_with('$') {
            true => (Piece::Dollar, 2),
            false => (Piece::Name(name), 1 + name.len()),
        };
        if length == 1 {
            from = at + 1;
            continue;
        }
        if at > 0 {
            pieces.push(Piece::Text(&rest[..at]));
        }
        pieces.push(piece);
        rest = &rest[at + length..];
        from = 0;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// Bytes of the name at the beginning of `text`: a capital, then capitals, digits and underscores.
pub(crate) fn name_length(text: &str) -> usize {
    if !text.starts_with(|c: char| c.is_ascii_uppercase()) {
        return 0;
    }
    let ends = |c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    text.find(ends).unwrap_or(text.len())
}

impl Bindings {
    /// Binds a name, anew if need be.
    pub fn bind(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    /// What the name stands for.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Text to send: inside a JSON string a name stands for the characters of its value, elsewhere for the
    /// value as JSON. A name that nothing was bound to stands for itself.
    pub fn fill(&self, text: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        let mut quotes = Quotes::default();
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => {
                    quotes.pass(text);
                    out.extend_from_slice(text.as_bytes());
                }
                Piece::Dollar => out.push(b'$'),
                Piece::Name(name) => match self.get(name) {
                    Some(value) if quotes.is_open() => {
                        let mut literal = Vec::new();
                        encode_string(&characters(value), &mut literal);
                        out.extend_from_slice(&literal[1..literal.len() - 1]);
                    }
                    Some(value) => value.encode_into(&mut out),
                    None => out.extend_from_slice(format!("${name}").as_bytes()),
                },
            }
        }
        out
    }

    /// A string of a pattern, with what its names stand for.
    pub fn fill_string(&self, text: &str) -> String {
        let piece = |piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Dollar => "$".to_owned(),
            Piece::Name(name) => self.get(name).map_or_else(|| format!("${name}"), characters),
        };
        pieces(text).into_iter().map(piece).collect()
    }
}

/// The characters of a string, or the JSON of another value.
fn characters(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether a JSON string is open, in text that need not be JSON.
#[derive(Default)]
struct Quotes {
    open: Option<char>,
    escaped: bool,
}

impl Quotes {
    fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn pass(&mut self, text: &str) {
        for c in text.chars() {
            match self.open {
                _ if self.escaped => self.escaped = false,
                Some(_) if c == '\\' => self.escaped = true,
                Some(quote) if c == quote => self.open = None,
                None if c == '"' || c == '\'' => self.open = Some(c),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bindings() -> Bindings {
        let mut bindings = Bindings::default();
        bindings.bind("FD", Value::int(7));
        bindings.bind("PATH_1", Value::string("a\"b"));
        bindings
    }

    #[test]
    fn a_name_is_a_value_outside_of_strings_and_characters_inside() {
        let text = r#"{"fd":$FD,"name":"x-$FD","path":$PATH_1,"file":"/t/$PATH_1.img"}"#;
        let filled = String::from_utf8(bindings().fill(text)).unwrap();
        assert_eq!(filled, r#"{"fd":7,"name":"x-7","path":"a\"b","file":"/t/a\"b.img"}"#);
    }

    #[test]
    fn dollars_without_a_name_stand_for_themselves() {
        for (text, filled) in [("$$FD", "$FD"), ("$", "$"), ("$x$1", "$x$1"), ("a$", "a$"), ("$NOT", "$NOT")]
        {
            assert_eq!(bindings().fill_string(text), filled, "{text}");
        }
    }

    #[test]
    fn an_escaped_quote_closes_no_string() {
        assert_eq!(bindings().fill(r#""\"$PATH_1""#), br#""\"a\"b""#);
    }
}
