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
            0x20..=0x7E => out.push(byte as char),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out
}

/// The escaped text, shortened in the middle to at most about `width` characters.
/// The mark in the middle says how many bytes it stands for.
pub fn escape_short(bytes: &[u8], width: usize) -> String {
    if bytes.len() <= width {
        let whole = escape(bytes);
        if whole.len() <= width {
            return whole;
        }
    }
    let keep = (width / 2).saturating_sub(12).max(4);
    let head = escape(&bytes[..keep.min(bytes.len())]);
    let tail = escape(&bytes[bytes.len().saturating_sub(keep)..]);
    let hidden = bytes.len().saturating_sub(2 * keep);
    format!("{head} …({hidden} bytes)… {tail}")
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
