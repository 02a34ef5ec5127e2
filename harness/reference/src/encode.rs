//! JSON as QEMU writes it: a space after each comma and colon, ASCII only, doubles with 17 digits.
//! Source: QEMU `qobject/json-writer.c`, `qobject/qnum.c:qnum_to_string`.

use qmprobe_wire::{Number, Value};

/// Appends `value`. Recursion is bounded by the nesting limit under which it was read or made.
pub(crate) fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => encode_number(*number, out),
        Value::String(text) => encode_string(text, out),
        Value::Array(elements) => {
            out.push(b'[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.extend_from_slice(b", ");
                }
                encode(element, out);
            }
            out.push(b']');
        }
        Value::Object(members) => encode_members(members, out),
    }
}

/// Appends an object with these members, in this order.
pub(crate) fn encode_members(members: &[(String, Value)], out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        encode_string(name, out);
        out.extend_from_slice(b": ");
        encode(value, out);
    }
    out.push(b'}');
}

fn encode_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for ch in text.chars() {
        match ch {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\u{8}' => out.extend_from_slice(b"\\b"),
            '\u{c}' => out.extend_from_slice(b"\\f"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            ' '..='~' => out.push(ch as u8),
            _ => {
                for unit in ch.encode_utf16(&mut [0; 2]) {
                    out.extend_from_slice(format!("\\u{unit:04X}").as_bytes());
                }
            }
        }
    }
    out.push(b'"');
}

/// QEMU writes `inf` here, which is no JSON. A number too large for a double reads back as the same infinity.
fn encode_number(number: Number, out: &mut Vec<u8>) {
    match number {
        Number::Double(double) if double.is_finite() => out.extend_from_slice(general(double).as_bytes()),
        other => out.extend_from_slice(other.to_string().as_bytes()),
    }
}

/// A finite double as C's `%.17g` has it.
fn general(double: f64) -> String {
    const DIGITS: i32 = 17;
    let scientific = format!("{double:.16e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..DIGITS).contains(&exponent) {
        let decimals = usize::try_from(DIGITS - 1 - exponent).unwrap_or_default();
        return without_trailing_zeros(&format!("{double:.decimals$}")).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", without_trailing_zeros(mantissa), exponent.unsigned_abs())
}

fn without_trailing_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::{encode, general};
    use qmprobe_wire::parse::parse;
    use qmprobe_wire::{Number, Value};

    fn text(value: &Value) -> String {
        let mut out = Vec::new();
        encode(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn doubles_are_written_as_qemu_writes_them() {
        let cases = [
            (18_446_744_073_709_551_616.0, "1.8446744073709552e+19"),
            (-9_223_372_036_854_775_809.0, "-9.2233720368547758e+18"),
            (1.0, "1"),
            (0.1, "0.10000000000000001"),
            (-0.0, "-0"),
            (1e5, "100000"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (1e-4, "0.0001"),
            (1e-5, "1.0000000000000001e-05"),
            (5e-324, "4.9406564584124654e-324"),
            (1e300, "1.0000000000000001e+300"),
        ];
        for (double, expected) in cases {
            assert_eq!(general(double), expected);
        }
    }

    #[test]
    fn an_infinite_double_stays_json_of_the_same_value() {
        for double in [f64::INFINITY, f64::NEG_INFINITY] {
            let value = Value::Number(Number::Double(double));
            let parsed = parse(text(&value).as_bytes(), 8);
            assert_eq!(parsed.value, Some(value));
            assert_eq!(parsed.deviations, []);
        }
    }

    #[test]
    fn separators_are_followed_by_a_space() {
        let value = Value::Object(vec![
            ("return".to_owned(), Value::Array(vec![Value::int(1), Value::Null])),
            ("id".to_owned(), Value::Bool(true)),
        ]);
        assert_eq!(text(&value), r#"{"return": [1, null], "id": true}"#);
    }

    #[test]
    fn strings_are_ascii() {
        let value = Value::string("a/é😀\u{0}\u{7f}\n\"\\");
        assert_eq!(text(&value), r#""a/\u00E9\uD83D\uDE00\u0000\u007F\n\"\\""#);
    }
}
