//! What is written in one go: bytes, and stretches of the same bytes over and over, which are made only as they are
//! sent. What passes a parser's limit of 64 MiB takes up no more room than its beginning.

use crate::case::Repeat;
use crate::escape;
use serde::{Deserialize, Serialize};
use std::slice;

/// Bytes that a payload from a file may come to: twice what QEMU's parser takes as one text.
pub const BYTES_MAX: usize = 128 << 20;
/// Bytes of one kind in a row that are worth telling as a stretch.
const RUN_BYTES_MIN: usize = 256;
/// Bytes that are made of a stretch at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// Bytes and stretches, in the order in which they are written. Two are equal that were put together alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Payload {
    /// None is empty, and no two stand side by side that are said once.
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    bytes: Vec<u8>,
    times: usize,
}

impl Payload {
    /// The same bytes, with long runs of one among them kept as stretches.
    pub fn packed(self) -> Payload {
        let mut packed = Payload::default();
        for (bytes, times) in self.parts() {
            let runs = bytes.chunk_by(|a, b| a == b);
            match times {
                1 => runs.for_each(|run| match run.len() {
                    0..RUN_BYTES_MIN => packed.extend(run),
                    length => packed.repeat(&run[..1], length),
                }),
                _ => packed.repeat(bytes, times),
            }
        }
        packed.parts.iter_mut().for_each(|part| part.bytes.shrink_to_fit());
        packed.parts.shrink_to_fit();
        packed
    }

    /// Appends bytes.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.repeat(bytes, 1);
    }

    /// Appends a stretch: the bytes, so many times.
    pub fn repeat(&mut self, bytes: &[u8], times: usize) {
        if bytes.is_empty() || times == 0 {
            return;
        }
        match self.parts.last_mut() {
            Some(last) if last.times == 1 && times == 1 => last.bytes.extend_from_slice(bytes),
            _ => self.parts.push(Part { bytes: bytes.to_vec(), times }),
        }
    }

    /// Appends another payload.
    pub fn append(&mut self, other: &Payload) {
        other.parts().for_each(|(bytes, times)| self.repeat(bytes, times));
    }

    /// Each part: bytes, and how many times in a row.
    pub fn parts(&self) -> impl Iterator<Item = (&[u8], usize)> {
        self.parts.iter().map(|part| (part.bytes.as_slice(), part.times))
    }

    /// Bytes in all.
    pub fn len(&self) -> usize {
        self.parts().map(|(bytes, times)| bytes.len().saturating_mul(times)).fold(0, usize::saturating_add)
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether the byte stands somewhere in it.
    pub fn contains(&self, byte: u8) -> bool {
        self.parts().any(|(bytes, _)| bytes.contains(&byte))
    }

    /// All the bytes, if there is no stretch.
    pub fn as_plain(&self) -> Option<&[u8]> {
        match self.parts.as_slice() {
            [] => Some(&[]),
            [Part { bytes, times: 1 }] => Some(bytes),
            _ => None,
        }
    }

    /// All the bytes, made at once.
    pub fn to_vec(&self) -> Vec<u8> {
        self.parts().flat_map(|(bytes, times)| bytes.repeat(times)).collect()
    }

    /// The bytes piece by piece.
    pub fn chunks(&self) -> Chunks<'_> {
        let whole = self.as_plain().filter(|bytes| !bytes.is_empty());
        let parts = if whole.is_some() { &[] } else { self.parts.as_slice() };
        Chunks { whole, parts: parts.iter(), part: None, chunk: Vec::new() }
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Payload {
        let parts = if bytes.is_empty() { Vec::new() } else { vec![Part { bytes, times: 1 }] };
        Payload { parts }
    }
}

impl From<&[u8]> for Payload {
    fn from(bytes: &[u8]) -> Payload {
        Payload::from(bytes.to_vec())
    }
}

impl From<&Repeat> for Payload {
    fn from(repeat: &Repeat) -> Payload {
        let mut payload = Payload::default();
        payload.repeat(&repeat.bytes, usize::from(repeat.times));
        payload
    }
}

/// The bytes of a payload: all at once where there is no stretch, else in pieces of some 64 KiB.
#[derive(Debug)]
pub struct Chunks<'a> {
    whole: Option<&'a [u8]>,
    parts: slice::Iter<'a, Part>,
    /// The part under way, and how many times it is still to come.
    part: Option<(&'a [u8], usize)>,
    chunk: Vec<u8>,
}

impl Chunks<'_> {
    /// The next piece, which holds until the one after it.
    pub fn advance(&mut self) -> Option<&[u8]> {
        if let Some(whole) = self.whole.take() {
            return Some(whole);
        }
        self.chunk.clear();
        while self.chunk.len() < CHUNK_BYTES {
            let next = || self.parts.next().map(|part| (part.bytes.as_slice(), part.times));
            let Some((bytes, left)) = self.part.take().or_else(next) else { break };
            let times = (CHUNK_BYTES - self.chunk.len()).div_ceil(bytes.len()).min(left);
            match times {
                1 => self.chunk.extend_from_slice(bytes),
                _ => self.chunk.extend(bytes.repeat(times)),
            }
            self.part = Some((bytes, left - times)).filter(|(_, left)| *left > 0);
        }
        (!self.chunk.is_empty()).then_some(self.chunk.as_slice())
    }
}

/// A payload in a file: escaped text, or a list of such texts and of stretches.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Plain(#[serde(with = "escape")] Vec<u8>),
    Parts(Vec<WrittenPart>),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenPart {
    Once(#[serde(with = "escape")] Vec<u8>),
    Stretch {
        #[serde(with = "escape")]
        bytes: Vec<u8>,
        times: usize,
    },
}

impl From<Payload> for Written {
    fn from(payload: Payload) -> Written {
        if payload.as_plain().is_some() {
            return Written::Plain(payload.to_vec());
        }
        let parts = payload.parts.into_iter().map(|Part { bytes, times }| match times {
            1 => WrittenPart::Once(bytes),
            _ => WrittenPart::Stretch { bytes, times },
        });
        Written::Parts(parts.collect())
    }
}

impl TryFrom<Written> for Payload {
    type Error = String;

    fn try_from(written: Written) -> Result<Payload, String> {
        let mut payload = Payload::default();
        match written {
            Written::Plain(bytes) => return Ok(Payload::from(bytes)),
            Written::Parts(parts) => parts.iter().for_each(|part| match part {
                WrittenPart::Once(bytes) => payload.extend(bytes),
                WrittenPart::Stretch { bytes, times } => payload.repeat(bytes, *times),
            }),
        }
        match payload.len() {
            0..=BYTES_MAX => Ok(payload),
            length => Err(format!("{length} bytes are more than the {BYTES_MAX} that may be sent at once")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(times: usize) -> Payload {
        let mut payload = Payload::from(b"[0".as_slice());
        payload.repeat(b",0", times);
        payload.extend(b"]\n");
        payload.extend(b"\xff");
        payload
    }

    #[test]
    fn the_pieces_are_the_whole() {
        for times in [0, 1, 2, CHUNK_BYTES / 2 - 1, CHUNK_BYTES / 2, CHUNK_BYTES * 3 + 1] {
            let payload = mixed(times);
            let (mut chunks, mut joined) = (payload.chunks(), Vec::new());
            while let Some(chunk) = chunks.advance() {
                assert!(chunk.len() <= 2 * CHUNK_BYTES);
                joined.extend_from_slice(chunk);
            }
            assert_eq!(joined, [b"[0".as_slice(), &b",0".repeat(times), b"]\n\xff"].concat());
            assert_eq!((joined.len(), joined), (payload.len(), payload.to_vec()));
        }
        assert_eq!(Payload::default().chunks().advance(), None);
    }

    #[test]
    fn packed_bytes_are_the_same_bytes_with_their_long_runs_told_apart() {
        let bytes = [b"{\"id\":\"".as_slice(), &[b'a'; 4096], b"\"}", &[b' '; RUN_BYTES_MIN - 1]].concat();
        let packed = Payload::from(bytes.as_slice()).packed();
        assert_eq!(packed.to_vec(), bytes);
        assert_eq!(packed.parts().map(|(_, times)| times).collect::<Vec<_>>(), [1, 4096, 1]);
        assert_eq!(packed.clone().packed(), packed);
        assert_eq!(Payload::from(b"{}".as_slice()).packed().as_plain(), Some(b"{}".as_slice()));
    }

    #[test]
    fn what_has_no_stretch_is_one_piece_however_long() {
        let long = Payload::from(vec![b'a'; 3 * CHUNK_BYTES]);
        assert_eq!(long.chunks().advance().map(<[u8]>::len), Some(3 * CHUNK_BYTES));
    }

    #[test]
    fn a_file_tells_a_stretch_in_a_few_bytes_and_plain_bytes_as_ever() {
        let text = serde_json::to_string(&mixed(1 << 20)).unwrap();
        assert_eq!(text, r#"["[0",{"bytes":",0","times":1048576},"]\\n\\xff"]"#);
        assert_eq!(serde_json::from_str::<Payload>(&text).unwrap(), mixed(1 << 20));
        let plain = Payload::from(b"a\n".as_slice());
        assert_eq!(serde_json::to_string(&plain).unwrap(), r#""a\\n""#);
        assert_eq!(serde_json::from_str::<Payload>(r#""a\\n""#).unwrap(), plain);
    }

    #[test]
    fn a_file_cannot_ask_for_more_than_may_be_sent() {
        let of = |times: usize| format!(r#"["x",{{"bytes":"ab","times":{times}}}]"#);
        assert!(serde_json::from_str::<Payload>(&of(BYTES_MAX / 2 - 1)).is_ok());
        assert!(serde_json::from_str::<Payload>(&of(BYTES_MAX / 2)).is_err());
        assert!(serde_json::from_str::<Payload>(&of(usize::MAX)).is_err());
    }
}
