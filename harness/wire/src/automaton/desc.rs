//! What is wrong with a text, in the words of QEMU 7.2. Streams of nothing but errors are common and their words
//! seldom read: they are put together when they are shown.

use super::string::character_at;
use std::fmt::{self, Write};

/// Bytes of a token that an error text repeats: what QEMU's own buffer for it holds. Of a stray token QEMU
/// repeats all; its beginning is enough for ours.
const ECHO_BYTES_MAX: usize = 1023;
/// Bytes of what follows `JSON parse error, `, to which QEMU cuts a syntax error.
const WHAT_BYTES_MAX: usize = 1023;
/// Bytes of a token that need no memory of their own. Most stray tokens are a byte.
const SHORT_BYTES: usize = 15;

/// The words of an error. Displays as QEMU 7.2 says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desc(Words);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Words {
    /// A limit, or any other words.
    Whole(&'static str),
    /// A syntax error that repeats nothing.
    Syntax(&'static str),
    Stray(Echo),
    Keyword(Echo),
    /// An escape that stands for no character.
    Character(Echo),
}

/// The beginning of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Echo {
    Short { length: u8, bytes: [u8; SHORT_BYTES] },
    Long(Box<[u8]>),
}

impl Desc {
    /// Words that are none of QEMU's parser.
    pub fn of(words: &'static str) -> Desc {
        Desc(Words::Whole(words))
    }

    pub(super) fn syntax(what: &'static str) -> Desc {
        Desc(Words::Syntax(what))
    }

    pub(super) fn stray(token: &[u8]) -> Desc {
        Desc(Words::Stray(Echo::of(token)))
    }

    pub(super) fn keyword(token: &[u8]) -> Desc {
        Desc(Words::Keyword(Echo::of(token)))
    }

    pub(super) fn character(escape: &[u8]) -> Desc {
        Desc(Words::Character(Echo::of(escape)))
    }
}

impl fmt::Display for Desc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.0 {
            Words::Whole(words) => return f.write_str(words),
            Words::Syntax(what) => return write!(f, "JSON parse error, {what}"),
            Words::Stray(token) => return write!(f, "JSON parse error, stray '{token}'"),
            Words::Keyword(token) => format!("invalid keyword '{token}'"),
            Words::Character(escape) => format!("{escape} is not a valid Unicode character"),
        };
        write!(f, "JSON parse error, {}", what.get(..WHAT_BYTES_MAX).unwrap_or(&what))
    }
}

impl Echo {
    /// Of a token an error text repeats what stands before its first NUL.
    fn of(token: &[u8]) -> Echo {
        let token = &token[..token.len().min(ECHO_BYTES_MAX)];
        let token = &token[..memchr::memchr(0, token).unwrap_or(token.len())];
        if token.len() > SHORT_BYTES {
            return Echo::Long(token.into());
        }
        let mut bytes = [0; SHORT_BYTES];
        bytes[..token.len()].copy_from_slice(token);
        Echo::Short { length: token.len() as u8, bytes }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Echo::Short { length, bytes } => &bytes[..usize::from(*length)],
            Echo::Long(bytes) => bytes,
        }
    }
}

impl fmt::Display for Echo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.bytes();
        while !rest.is_empty() {
            let (character, length) = character_at(rest);
            f.write_char(character.unwrap_or(char::REPLACEMENT_CHARACTER))?;
            rest = &rest[length..];
        }
        Ok(())
    }
}
