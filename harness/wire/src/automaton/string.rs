//! String tokens into text: escapes, and UTF-8 as QEMU understands it (`util/unicode.c:mod_utf8_codepoint`:
//! C0 80 is U+0000, no other overlong form, no surrogate, no noncharacter).

use super::desc::Desc;
use super::parser::{Fallible, error};
use crate::scan::run_length;

/// The least character that so many bytes may stand for: 2, 3, 4, 5, 6.
const LEAST: [u32; 5] = [0x80, 0x800, 0x1_0000, 0x20_0000, 0x400_0000];

/// What stands between the quotes of a string token, where that needs no decoding.
#[inline]
pub(super) fn plain(token: &[u8]) -> Option<&[u8]> {
    let inner = token.get(1..token.len().saturating_sub(1)).unwrap_or_default();
    (run_length(inner, is_coded) == inner.len()).then_some(inner)
}

fn is_coded(byte: u8) -> bool {
    (byte == b'\\') | (byte >= 0x80)
}

/// Whether a string token is one that QEMU takes.
#[inline]
pub(super) fn check(token: &[u8]) -> Fallible<()> {
    if plain(token).is_some() { Ok(()) } else { string(token).map(drop) }
}

/// A string token with its quotes.
pub(super) fn string(token: &[u8]) -> Fallible<String> {
    let inner = token.get(1..token.len().saturating_sub(1)).unwrap_or_default();
    let plain = run_length(inner, is_coded);
    if plain == inner.len() {
        return Ok(std::str::from_utf8(inner).unwrap_or_default().to_owned());
    }
    let mut text = String::with_capacity(inner.len());
    text.push_str(std::str::from_utf8(&inner[..plain]).unwrap_or_default());
    let mut at = plain;
    while let Some(byte) = inner.get(at) {
        match byte {
            b'\\' => at += escape(&inner[at..], &token[at + 1..], &mut text)?,
            0x80.. => {
                let (character, length) = character_at(&inner[at..]);
                let Some(character) = character else { return error("invalid UTF-8 sequence in string") };
                text.push(character);
                at += length;
            }
            plain => {
                text.push(char::from(*plain));
                at += 1;
            }
        }
    }
    Ok(text)
}

/// One escape sequence at the start of `bytes`; returns its length. `token` goes on to the closing quote.
fn escape(bytes: &[u8], token: &[u8], text: &mut String) -> Fallible<usize> {
    let plain = match bytes.get(1) {
        Some(byte @ (b'"' | b'\'' | b'\\' | b'/')) => char::from(*byte),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode_escape(bytes, token, text),
        _ => return error("invalid escape sequence in string"),
    };
    text.push(plain);
    Ok(2)
}

fn unicode_escape(bytes: &[u8], token: &[u8], text: &mut String) -> Fallible<usize> {
    let unit = hex4(bytes, 2);
    let paired = bytes.get(6..8) == Some(b"\\u");
    let (code, length) = match (unit, paired) {
        (Some(high @ 0xD800..=0xDBFF), true) => match hex4(bytes, 8) {
            Some(low @ 0xDC00..=0xDFFF) => (Some(0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF)), 12),
            _ => (None, 6),
        },
        (unit, _) => (unit, 6),
    };
    match code.and_then(character) {
        Some(ch) => {
            text.push(ch);
            Ok(length)
        }
        None => Err(Desc::character(&token[..length.min(token.len())])),
    }
}

fn hex4(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))
}

/// The character at the start of `bytes`, of which there is at least one, and how many bytes belong to it or
/// to what is none.
pub(super) fn character_at(bytes: &[u8]) -> (Option<char>, usize) {
    let first = bytes[0];
    let length = match first {
        0x00..=0x7F => return (Some(char::from(first)), 1),
        0xC0..=0xFD => first.leading_ones() as usize,
        _ => return (None, 1),
    };
    let mut code = u32::from(first) & (0x7F >> length);
    for at in 1..length {
        match bytes.get(at) {
            Some(byte @ 0x80..=0xBF) => code = code << 6 | u32::from(byte & 0x3F),
            _ => return (None, at),
        }
    }
    let zero = code == 0 && length == 2;
    let overlong = code < LEAST[length - 2] && !zero;
    (if overlong { None } else { character(code) }, length)
}

/// A character that QEMU takes: no surrogate, no noncharacter.
fn character(code: u32) -> Option<char> {
    let noncharacter = (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE;
    if noncharacter { None } else { char::from_u32(code) }
}
