//! Exact bytes as printable text and back, for journals, findings and consoles.
//! Printable ASCII stands for itself, a backslash is doubled, every other byte is `\xNN`
//! (`\r`, `\n`, `\t` in their short form).

use serde::{Deserialize, Deserializer, Serializer};

/// The bytes as printable text. [`unescape`] is its inverse.
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 8);
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\r' => out.push_str("\\r"),
            b'\n' => out.push_str("\\n"),
            b'\t' => out.push_str("\\t"),
            0x20..=0x7E => out.push(char::from(byte)),
            _ => {
                out.push_str("\\x");
                out.extend(
                    [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])),
                );
            }
        }
    }
    out
}

/// Characters that a byte takes when escaped.
fn width_of(byte: u8) -> usize {
    match byte {
        b'\\' | b'\r' | b'\n' | b'\t' => 2,
        0x20..=0x7E => 1,
        _ => 4,
    }
}

/// The escaped text, shortened in the middle to at most `width` characters (but never below about 40).
/// The mark in the middle says how many bytes it stands for.
pub fn escape_short(bytes: &[u8], width: usize) -> String {
    /// ` …(N bytes)… ` and an N of up to nine digits.
    const MARK_WIDTH: usize = 23;
    // A byte is no narrower than a character: what is longer in bytes need not be measured.
    if bytes.len() <= width && bytes.iter().map(|byte| width_of(*byte)).sum::<usize>() <= width {
        return escape(bytes);
    }
    let half = (width.saturating_sub(MARK_WIDTH) / 2).max(8);
    let head = fitting(bytes.iter(), half);
    let tail = fitting(bytes[head..].iter().rev(), half);
    let hidden = bytes.len() - head - tail;
    if hidden == 0 {
        return escape(bytes);
    }
    format!("{} …({hidden} bytes)… {}", escape(&bytes[..head]), escape(&bytes[bytes.len() - tail..]))
}

/// How many of the bytes fit into `width` characters.
fn fitting<'a>(bytes: impl Iterator<Item = &'a u8>, width: usize) -> usize {
    let mut left = width;
    let fits = |byte: &&u8| match left.checked_sub(width_of(**byte)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    bytes.take_while(fits).count()
}

/// Bytes from the text that [`escape`] made. `None` when an escape is not of its form.
pub fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        out.push(match bytes.next()? {
            b'\\' => b'\\',
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b'x' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                (high * 16 + low) as u8
            }
            _ => return None,
        });
    }
    Some(out)
}

/// serde: a byte string as escaped text (`#[serde(with = "escape")]`).
pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&escape(bytes))
}

/// serde: the inverse of [`serialize`]. Fails on a malformed escape only.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    unescape(&text).ok_or_else(|| serde::de::Error::custom("malformed byte escape"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        let text = escape(&bytes);
        assert!(text.bytes().all(|byte| (0x20..0x7F).contains(&byte)));
        assert_eq!(unescape(&text), Some(bytes));
    }

    #[test]
    fn the_text_is_the_documented_one() {
        assert_eq!(escape(b"{\"a\\\xff\r\n\t\0"), r#"{"a\\\xff\r\n\t\x00"#);
    }

    #[test]
    fn a_malformed_escape_is_refused() {
        for text in [r"\", r"\q", r"\x", r"\x4", r"\x4g", r"\xé"] {
            assert_eq!(unescape(text), None, "{text}");
        }
    }

    #[test]
    fn what_fits_is_not_shortened() {
        assert_eq!(escape_short(b"0123456789", 10), "0123456789");
    }

    #[test]
    fn a_long_text_keeps_both_ends_and_counts_what_is_hidden() {
        let bytes = [b"head".as_slice(), &[b'.'; 1000], b"tail"].concat();
        let text = escape_short(&bytes, 60);
        assert!(text.starts_with("head") && text.ends_with("tail"), "{text}");
        assert!(text.contains("…(972 bytes)…"), "{text}");
    }

    #[test]
    fn no_shortened_text_is_wider_than_asked_for_or_shows_a_byte_twice() {
        for length in 0..200 {
            for byte in [b'a', b'\n', 0xFF] {
                let text = escape_short(&vec![byte; length], 60);
                assert!(text.chars().count() <= 60, "{text}");
                let shown = text.split(" …").next().unwrap().len() / width_of(byte);
                assert!(shown <= length);
                if !text.contains('…') {
                    assert_eq!(text, escape(&vec![byte; length]));
                }
            }
        }
    }

    #[test]
    fn escaped_bytes_pass_through_json() {
        #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
        struct Held(#[serde(with = "crate::escape")] Vec<u8>);
        let held = Held(vec![0xFF, b'"', b'\\', b'{']);
        let text = serde_json::to_string(&held).unwrap();
        assert_eq!(text, r#""\\xff\"\\\\{""#);
        assert_eq!(serde_json::from_str::<Held>(&text).unwrap(), held);
        assert!(serde_json::from_str::<Held>(r#""\\x""#).is_err());
    }
}
