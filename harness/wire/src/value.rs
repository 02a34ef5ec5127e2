//! A JSON value that loses nothing a protocol tester needs: number kinds, member order, repeated keys.

use crate::number::Number;
use crate::scan::run_length;
use std::fmt;

/// A JSON value.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// Any number, with its kind.
    Number(Number),
    /// A string; may contain U+0000.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object in the order of its text. A repeated key appears twice.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// An integer value.
    pub fn int(i: i64) -> Value {
        Value::Number(Number::Int(i))
    }

    /// A string value.
    pub fn string(s: impl Into<String>) -> Value {
        Value::String(s.into())
    }

    /// The first member called `name`, if this is an object that has one.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_object()?.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The members, if this is an object.
    pub fn as_object(&self) -> Option<&[(String, Value)]> {
        if let Value::Object(members) = self { Some(members) } else { None }
    }

    /// The elements, if this is an array.
    pub fn as_array(&self) -> Option<&[Value]> {
        if let Value::Array(elements) = self { Some(elements) } else { None }
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = self { Some(text) } else { None }
    }

    /// The exact integer, if this is one.
    pub fn as_integer(&self) -> Option<i128> {
        if let Value::Number(number) = self { number.as_integer() } else { None }
    }

    /// The JSON type in QEMU's words: null, boolean, integer, number, string, array, object.
    pub fn json_type(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(Number::Double(_)) => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        }
    }

    /// Appends the value as compact ASCII JSON, the shortest form on the wire.
    /// Recursion is bounded by the nesting limit under which the value was read or made.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Bool(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
            Value::Number(n) => out.extend_from_slice(n.to_string().as_bytes()),
            Value::String(s) => encode_string(s, out),
            Value::Array(elements) => {
                out.push(b'[');
                for (i, element) in elements.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    element.encode_into(out);
                }
                out.push(b']');
            }
            Value::Object(members) => {
                out.push(b'{');
                for (i, (key, value)) in members.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    encode_string(key, out);
                    out.push(b':');
                    value.encode_into(out);
                }
                out.push(b'}');
            }
        }
    }

    /// The value as compact ASCII JSON.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_into(&mut out);
        out
    }
}

/// Appends a JSON string literal; everything outside printable ASCII is escaped.
pub fn encode_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    loop {
        let plain = run_length(rest.as_bytes(), |byte| {
            (byte == b'"') | (byte == b'\\') | !(0x20..0x7F).contains(&byte)
        });
        out.extend_from_slice(&rest.as_bytes()[..plain]);
        rest = &rest[plain..];
        let Some(ch) = rest.chars().next() else { break };
        rest = &rest[ch.len_utf8()..];
        match ch {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            _ => {
                for unit in ch.encode_utf16(&mut [0; 2]) {
                    out.extend_from_slice(format!("\\u{unit:04X}").as_bytes());
                }
            }
        }
    }
    out.push(b'"');
}

/// Equality as the protocol sees it: numbers by value, objects without regard to member order (but members of
/// one name in their order).
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::String(a), Value::String(b)) => a == b,
            (Value::Array(a), Value::Array(b)) => a == b,
            (Value::Object(a), Value::Object(b)) => a.len() == b.len() && same_members(a, b),
            _ => false,
        }
    }
}

/// Compares as many members as the other side has, in `n log n`: a peer chooses how many there are.
fn same_members(a: &[(String, Value)], b: &[(String, Value)]) -> bool {
    if a.iter().zip(b).all(|((a, _), (b, _))| a == b) {
        return a.iter().zip(b).all(|((_, a), (_, b))| a == b);
    }
    let sorted = |members| {
        let mut members = Vec::from_iter(members);
        members.sort_by(|(a, _): &&(String, Value), (b, _)| a.cmp(b));
        members
    };
    sorted(a) == sorted(b)
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.encode()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Value {
        crate::parse::parse(text.as_bytes(), 64).value.unwrap()
    }

    #[test]
    fn objects_are_equal_in_any_order_of_members() {
        assert_eq!(read(r#"{"a":1,"b":[2]}"#), read(r#"{"b":[2.0],"a":1}"#));
        assert_ne!(read(r#"{"a":1,"b":2}"#), read(r#"{"b":1,"a":2}"#));
        assert_ne!(read(r#"{"a":1}"#), read(r#"{"a":1,"b":2}"#));
    }

    #[test]
    fn arrays_are_equal_in_their_order_only() {
        assert_ne!(read("[1,2]"), read("[2,1]"));
    }

    #[test]
    fn equality_with_repeated_keys_is_reflexive_and_symmetric() {
        let (twice, mixed) = (read(r#"{"a":1,"a":2}"#), read(r#"{"a":1,"b":2}"#));
        assert_eq!(twice, twice.clone());
        assert_ne!(twice, mixed);
        assert_ne!(mixed, twice);
        assert_eq!(read(r#"{"a":1,"b":0,"a":2}"#), read(r#"{"b":0,"a":1,"a":2}"#));
    }

    #[test]
    fn values_of_different_types_differ() {
        let all = ["null", "false", "0", "\"\"", "[]", "{}"].map(read);
        for (i, a) in all.iter().enumerate() {
            for (j, b) in all.iter().enumerate() {
                assert_eq!(a == b, i == j, "{a} {b}");
            }
        }
    }

    #[test]
    fn the_text_is_compact_ascii_and_reads_back() {
        let value = Value::Object(vec![
            ("k\"\\".into(), Value::string("\0é😀\u{7f}/")),
            ("l".into(), Value::Array(vec![Value::Null, Value::Bool(true), Value::int(-1)])),
            ("m".into(), Value::Object(vec![])),
        ]);
        let text = value.to_string();
        assert_eq!(text, r#"{"k\"\\":"\u0000\u00E9\uD83D\uDE00\u007F/","l":[null,true,-1],"m":{}}"#);
        assert_eq!(read(&text), value);
    }

    #[test]
    fn the_json_type_is_qemus_word() {
        let words = ["null", "true", "1", "1.0", "\"\"", "[]", "{}"].map(|text| read(text).json_type());
        assert_eq!(words, ["null", "boolean", "integer", "number", "string", "array", "object"]);
    }

    #[test]
    fn an_accessor_of_another_type_gives_nothing() {
        let value = read(r#"{"a":1}"#);
        assert_eq!(value.get("a").and_then(Value::as_integer), Some(1));
        assert!(value.get("b").is_none());
        assert!(value.as_array().is_none() && value.as_str().is_none() && value.as_integer().is_none());
        assert!(Value::Null.get("a").is_none());
    }
}
