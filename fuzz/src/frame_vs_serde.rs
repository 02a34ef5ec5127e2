//! What serde_json takes for an object all three of our readers take, with the same value, but for what QEMU is
//! known to refuse. And where our strict reader has nothing to object to, serde_json has neither. Of the other two
//! one has its turn with each input, by its length.

use crate::Held;
use qmprobe_wire::automaton::{Automaton, Model, Outcome, Stage};
use qmprobe_wire::parse::{DeviationKind, Parsed, parse};
use qmprobe_wire::{Frame, Framer, Limits, Number, Value};
use serde_json::Value as Json;

/// Levels that our reader allows; serde_json has 128.
const NESTING_MAX: usize = 1024;
/// Levels that serde_json reads.
const SERDE_NESTING_MAX: usize = 127;

/// The target.
///
/// # Errors
/// The readers disagree.
pub fn body(data: &[u8]) -> Held {
    match serde_json::from_slice::<Json>(data) {
        Ok(json @ Json::Object(_)) => accepted(data, &json, &parse(data, NESTING_MAX)),
        Ok(_) => Ok(()),
        Err(error) => refused(data, &parse(data, NESTING_MAX), &error),
    }
}

fn accepted(text: &[u8], json: &Json, parsed: &Parsed) -> Held {
    let objections: Vec<DeviationKind> = parsed.deviations.iter().map(|deviation| deviation.kind).collect();
    let allowed =
        |kind: &DeviationKind| matches!(kind, DeviationKind::NonAscii | DeviationKind::DuplicateKey);
    if !objections.iter().all(allowed) {
        return Err(format!("the strict reader objects to JSON: {objections:?}"));
    }
    if !parsed.value.as_ref().is_some_and(|value| same(value, json)) {
        return Err("the strict reader reads another value".to_owned());
    }
    if text.len().is_multiple_of(2) { framed(text) } else { automated(text, json, &objections) }
}

/// The automaton makes the same of it, or what QEMU does.
fn automated(text: &[u8], json: &Json, objections: &[DeviationKind]) -> Held {
    let mut outcomes = Vec::new();
    Automaton::new(Model::V3_1).feed(text, &mut outcomes);
    let refuses = qemu_refuses(text, json, objections);
    match (refuses, outcomes.as_slice()) {
        (None, [Outcome::Value { value, .. }]) if same(value, json) => Ok(()),
        (Some(Refused::AsValue), [Outcome::Error { stage: Stage::Syntax, .. }]) => Ok(()),
        (Some(Refused::AsTokens), [Outcome::Error { .. }, ..]) => Ok(()),
        _ => Err(format!("{refuses:?}, and the automaton made of it {outcomes:?}")),
    }
}

/// The framer cuts out the text, whatever it is.
fn framed(text: &[u8]) -> Held {
    let mut framer = Framer::new(&Limits::default());
    framer.feed(text);
    framer.feed(b"\n");
    match (framer.next_frame(), framer.next_unterminated()) {
        (Some(Frame::Message(message)), None) if message.bytes == text.trim_ascii() => Ok(()),
        (frame, more) => Err(format!("the framer makes of it {frame:?} and {more:?}")),
    }
}

/// What QEMU makes of JSON that it refuses (`qobject/json-lexer.c`, `json-parser.c`).
#[derive(Clone, Copy, Debug)]
enum Refused {
    /// One error in all: a repeated name, or a noncharacter.
    AsValue,
    /// An error, and perhaps more where it takes up again: after a lone zero it knows no exponent.
    AsTokens,
}

fn qemu_refuses(text: &[u8], json: &Json, objections: &[DeviationKind]) -> Option<Refused> {
    if has_zero_with_exponent(text) {
        return Some(Refused::AsTokens);
    }
    let odd = objections.contains(&DeviationKind::DuplicateKey) || has_noncharacter(json);
    odd.then_some(Refused::AsValue)
}

/// Whether a number of the text is a lone zero with an exponent.
fn has_zero_with_exponent(text: &[u8]) -> bool {
    let (mut in_string, mut escaped) = (false, false);
    let mut before = [0, 0];
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'e' | b'E' if !in_string && before[1] == b'0' => {
                let is_part = |byte: u8| byte.is_ascii_digit() || byte == b'.';
                if !is_part(before[0]) {
                    return true;
                }
            }
            _ => {}
        }
        before = [before[1], *byte];
    }
    false
}

/// Whether a string has a code point that is no character, by Unicode's word: those that end in FFFE or FFFF, and
/// FDD0 to FDEF. Repeated members are not in `json`, but then there is another objection.
fn has_noncharacter(json: &Json) -> bool {
    let odd = |text: &str| {
        text.chars().any(|c| u32::from(c) & 0xFFFE == 0xFFFE || ('\u{FDD0}'..='\u{FDEF}').contains(&c))
    };
    let mut todo = vec![json];
    while let Some(json) = todo.pop() {
        match json {
            Json::String(text) if odd(text) => return true,
            Json::Array(elements) => todo.extend(elements),
            Json::Object(members) => {
                if members.keys().any(|name| odd(name)) {
                    return true;
                }
                todo.extend(members.values());
            }
            _ => {}
        }
    }
    false
}

fn refused(text: &[u8], parsed: &Parsed, error: &serde_json::Error) -> Held {
    let spotless = parsed.value.is_some()
        && parsed.deviations.iter().all(|deviation| deviation.kind == DeviationKind::NonAscii);
    // Both are limits of that reader.
    if !spotless || depth(text) > SERDE_NESTING_MAX || has_infinity(parsed) {
        return Ok(());
    }
    Err(format!("the strict reader has nothing to object to: {error}"))
}

/// Brackets open at once, at most. What stands in strings counts too, which only makes it more.
fn depth(text: &[u8]) -> usize {
    text.iter().filter(|byte| matches!(byte, b'[' | b'{')).count()
}

fn has_infinity(parsed: &Parsed) -> bool {
    let mut todo: Vec<&Value> = parsed.value.iter().collect();
    while let Some(value) = todo.pop() {
        match value {
            Value::Number(number) if number.as_f64().is_infinite() => return true,
            Value::Array(elements) => todo.extend(elements),
            Value::Object(members) => todo.extend(members.iter().map(|(_, value)| value)),
            _ => {}
        }
    }
    false
}

/// Whether both are the same value. Of members of one name serde_json keeps the last. Depth is bounded by its
/// limit.
fn same(ours: &Value, json: &Json) -> bool {
    match (ours, json) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(a), Json::Bool(b)) => a == b,
        (Value::String(a), Json::String(b)) => a == b,
        (Value::Number(a), Json::Number(b)) => same_number(*a, b),
        (Value::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Json::Object(b)) => {
            let last = |name: &String| a.iter().rev().find(|(known, _)| known == name);
            a.iter().all(|(name, _)| b.contains_key(name))
                && b.iter().all(|(name, b)| last(name).is_some_and(|(_, a)| same(a, b)))
        }
        _ => false,
    }
}

/// Integers exactly and doubles to the bit; serde_json has a double for minus zero.
fn same_number(ours: Number, json: &serde_json::Number) -> bool {
    match ours.as_integer() {
        Some(0) => json.as_f64() == Some(0.0),
        Some(integer) => json.as_i128() == Some(integer),
        None => json.is_f64() && json.as_f64().map(f64::to_bits) == Some(ours.as_f64().to_bits()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    fn ours(text: &str) -> Value {
        parse(text.as_bytes(), NESTING_MAX).value.unwrap()
    }

    #[test]
    fn the_readers_agree_but_where_qemu_is_known_not_to() {
        for text in [
            r#"{"a":[1,-0,0.0,1e5,18446744073709551615,1e300],"a\u0000":"\ud83d\ude00","":null}"#,
            r#"{"a":0e1}"#,
            r#"{"a":[-0E+1],"b":"0e1"}"#,
            r#"{"a":1,"a":2}"#,
            "{\"a\":\"\u{FFFE}\"}",
            r#"{"\ufdd0":{}}"#,
            r#"{"a":1e400}"#,
            "{\"a\":\"\u{7f}\u{80}\"} \r\n\t",
        ] {
            // With a blank behind it the other reader has its turn.
            assert_eq!(body(text.as_bytes()), Ok(()), "{text}");
            assert_eq!(body(format!("{text} ").as_bytes()), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_value_that_differs_in_anything_is_noticed() {
        let values =
            ["null", "false", "0", "1", "1.5", "\"\"", "[]", "[1]", "{}", r#"{"a":1}"#, r#"{"b":1}"#];
        for (i, a) in values.iter().enumerate() {
            for (j, b) in values.iter().enumerate() {
                assert_eq!(same(&ours(a), &json(b)), i == j, "{a} {b}");
            }
        }
    }

    #[test]
    fn a_reader_that_objects_or_reads_something_else_is_noticed() {
        let text = br#"{"a":1}"#;
        let other = parse(br#"{"a":2}"#, NESTING_MAX);
        assert!(accepted(text, &json(r#"{"a":1}"#), &other).is_err());
        let comma = parse(br#"{"a":1,}"#, NESTING_MAX);
        assert!(accepted(text, &json(r#"{"a":1}"#), &comma).is_err());
        for longer in [b"{\"a\":1}}".as_slice(), b"{\"a\":1} }"] {
            assert!(accepted(longer, &json(r#"{"a":1}"#), &parse(text, NESTING_MAX)).is_err());
        }
        let error = serde_json::from_str::<Json>("{").unwrap_err();
        assert!(refused(text, &parse(text, NESTING_MAX), &error).is_err());
    }
}
