//! JSON numbers as QEMU keeps them: int64, uint64 above it, and double, never mixed up.
//! Source: QEMU `qobject/qnum.c` and `qobject/json-parser.c:parse_literal`.

use std::fmt;

/// A JSON number with the kind QEMU would give it.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// An integer token in `i64` range.
    Int(i64),
    /// An integer token above `i64::MAX` that fits `u64`.
    Uint(u64),
    /// A token with fraction or exponent, or an integer outside both ranges.
    Double(f64),
}

impl Number {
    /// Reads a number token (`-12`, `1.5e3`, `inf`). `None` when it is no number at all.
    pub fn from_token(token: &str) -> Option<Number> {
        if token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+')) {
            if let Ok(int) = token.parse::<i64>() {
                return Some(Number::Int(int));
            }
            if let Ok(uint) = token.parse::<u64>() {
                return Some(Number::Uint(uint));
            }
        }
        token.parse::<f64>().ok().map(Number::Double)
    }

    /// An integer in the kind that QEMU's parser gives it.
    pub fn from_u64(integer: u64) -> Number {
        i64::try_from(integer).map_or(Number::Uint(integer), Number::Int)
    }

    /// The number as a double, as a reader without wide integers would see it.
    pub fn as_f64(self) -> f64 {
        match self {
            Number::Int(i) => i as f64,
            Number::Uint(u) => u as f64,
            Number::Double(d) => d,
        }
    }

    /// The exact integer, unless the token was a double.
    pub fn as_integer(self) -> Option<i128> {
        match self {
            Number::Int(i) => Some(i128::from(i)),
            Number::Uint(u) => Some(i128::from(u)),
            Number::Double(_) => None,
        }
    }
}

/// Equality by value: integers exactly, and as doubles as soon as one side is a double.
/// NaN equals NaN, because an echo of it is still an echo.
impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        match (self.as_integer(), other.as_integer()) {
            (Some(a), Some(b)) => a == b,
            _ => {
                let (a, b) = (self.as_f64(), other.as_f64());
                a == b || (a.is_nan() && b.is_nan())
            }
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Int(i) => write!(f, "{i}"),
            Number::Uint(u) => write!(f, "{u}"),
            // `{:?}` is the shortest text that reads back as the same double, and keeps the fraction.
            Number::Double(d) if d.is_infinite() => f.write_str(if *d > 0.0 { "1e400" } else { "-1e400" }),
            Number::Double(d) => write!(f, "{d:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_the_kind_that_qemu_gives_it() {
        let kinds = [
            ("0", "Int(0)"),
            ("-0", "Int(0)"),
            ("-9223372036854775808", "Int(-9223372036854775808)"),
            ("9223372036854775807", "Int(9223372036854775807)"),
            ("9223372036854775808", "Uint(9223372036854775808)"),
            ("18446744073709551615", "Uint(18446744073709551615)"),
            ("18446744073709551616", "Double(1.8446744073709552e19)"),
            ("-9223372036854775809", "Double(-9.223372036854776e18)"),
            ("1.0", "Double(1.0)"),
            ("1e3", "Double(1000.0)"),
            ("1e400", "Double(inf)"),
            ("-1e400", "Double(-inf)"),
            ("5e-324", "Double(5e-324)"),
        ];
        for (token, kind) in kinds {
            assert_eq!(format!("{:?}", Number::from_token(token).unwrap()), kind, "{token}");
        }
    }

    #[test]
    fn what_is_no_number_has_no_kind() {
        for token in ["", "-", "1..2", "0x10", "1e", "abc", "--1"] {
            assert!(Number::from_token(token).is_none(), "{token}");
        }
    }

    #[test]
    fn integers_are_equal_exactly_and_doubles_by_value() {
        assert_ne!(Number::Uint(u64::MAX), Number::Uint(u64::MAX - 1));
        assert_ne!(Number::Int(-1), Number::Uint(u64::MAX));
        assert_eq!(Number::Int(1), Number::Double(1.0));
        assert_eq!(Number::Double(0.0), Number::Double(-0.0));
        assert_eq!(Number::Double(f64::NAN), Number::Double(f64::NAN));
        assert_ne!(Number::Double(f64::INFINITY), Number::Double(f64::NEG_INFINITY));
    }

    #[test]
    fn the_text_of_a_number_reads_back_as_the_same_kind() {
        let numbers = [
            Number::Int(i64::MIN),
            Number::Uint(u64::MAX),
            Number::Double(1.0),
            Number::Double(-0.0),
            Number::Double(1e300),
            Number::Double(5e-324),
            Number::Double(f64::INFINITY),
            Number::Double(f64::NEG_INFINITY),
        ];
        for number in numbers {
            let back = Number::from_token(&number.to_string()).unwrap();
            assert_eq!(format!("{back:?}"), format!("{number:?}"));
        }
    }

    #[test]
    fn only_integers_are_exact() {
        assert_eq!(Number::from_u64(1).as_integer(), Some(1));
        assert_eq!(Number::from_u64(u64::MAX).as_integer(), Some(i128::from(u64::MAX)));
        assert_eq!(Number::Double(1.0).as_integer(), None);
        assert_eq!(Number::Uint(1 << 63).as_f64(), 9_223_372_036_854_775_808.0);
    }
}
