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
        if !token.contains(['.', 'e', 'E', 'n', 'i', 'N', 'I']) {
            if let Ok(int) = token.parse::<i64>() {
                return Some(Number::Int(int));
            }
            if let Ok(uint) = token.parse::<u64>() {
                return Some(Number::Uint(uint));
            }
        }
        token.parse::<f64>().ok().map(Number::Double)
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
