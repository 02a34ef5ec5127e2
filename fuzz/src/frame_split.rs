//! Bytes in any split give the same outcomes, to the automaton, to its outline, to the framer of a peer's output
//! and to a client that gets back in step. The first byte chooses who reads, and the split: a fuzzer tries them all,
//! and sooner than each with every input.

use crate::{Held, equal};
use qmprobe_generate::Entropy;
use qmprobe_wire::automaton::{Automaton, Build, Model, Outcome};
use qmprobe_wire::recovery::Event;
use qmprobe_wire::{Dialect, Frame, Framer, Limits, LineEnd, Recovery, Value};

/// The token of the answer that the client waits for.
const TOKEN: i64 = 7;
/// Bytes of one message to that client.
const ANSWER_BYTES_MAX: usize = 1 << 16;

/// Reads a stream whole and in pieces.
type Reader = fn(&[u8], Split) -> Held;

/// Whoever reads.
const READERS: &[Reader] = &[
    |stream, split| parsed(Model::V3_1, stream, split),
    |stream, split| parsed(Model::V11, stream, split),
    |stream, split| parsed(Model::Tolerant, stream, split),
    |stream, split| outlined(Model::V3_1, stream, split),
    |stream, split| outlined(Model::V11, stream, split),
    |stream, split| outlined(Model::Tolerant, stream, split),
    framed,
    |stream, split| followed(Dialect::Qmp, stream, split),
    |stream, split| followed(Dialect::Qga, stream, split),
];

/// The target.
///
/// # Errors
/// A split makes a difference.
pub fn body(data: &[u8]) -> Held {
    let Some((choice, stream)) = data.split_first() else { return Ok(()) };
    let choice = usize::from(*choice);
    READERS[choice % READERS.len()](stream, Split(choice / READERS.len()))
}

/// Where a stream is split: 0 for byte by byte, and the more, the longer pieces there are.
#[derive(Clone, Copy, Debug)]
struct Split(usize);

impl Split {
    fn pieces(self, mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
        let longest = 1 + self.0 * self.0 / 3;
        let mut entropy = Entropy::new(longest as u64, 0);
        std::iter::from_fn(move || {
            let length = (1 + entropy.below(longest)).min(rest.len());
            let (piece, left) = rest.split_at(length);
            rest = left;
            (length > 0).then_some(piece)
        })
    }
}

fn parsed(model: Model, stream: &[u8], split: Split) -> Held {
    let whole = read(Automaton::new(model), [stream]);
    equal(&read(Automaton::new(model), split.pieces(stream)), &whole, "the automaton sees the split")
}

fn outlined(model: Model, stream: &[u8], split: Split) -> Held {
    let (whole, is_open) = read(Automaton::new(model), [stream]);
    let outlined = (whole.into_iter().map(outline).collect(), is_open);
    equal(
        &read(Automaton::outlining(model), split.pieces(stream)),
        &outlined,
        "an outline is of something else",
    )
}

fn framed(stream: &[u8], split: Split) -> Held {
    equal(&frames(split.pieces(stream)), &frames([stream]), "the framer sees the split")
}

fn followed(dialect: Dialect, stream: &[u8], split: Split) -> Held {
    let (whole, split) = (heard(dialect, [stream]), heard(dialect, split.pieces(stream)));
    equal(&split, &whole, "a client that gets back in step sees the split")
}

/// The outcomes, and whether a text is left open.
fn read<'s, B: Build>(
    mut automaton: Automaton<B>,
    pieces: impl IntoIterator<Item = &'s [u8]>,
) -> (Vec<Outcome<B::Value>>, bool) {
    let mut outcomes = Vec::new();
    pieces.into_iter().for_each(|piece| automaton.feed(piece, &mut outcomes));
    (outcomes, automaton.pending())
}

fn outline(outcome: Outcome) -> Outcome<bool> {
    match outcome {
        Outcome::Value { offset, value } => {
            Outcome::Value { offset, value: matches!(value, Value::Object(_)) }
        }
        Outcome::Error { offset, stage, desc } => Outcome::Error { offset, stage, desc },
    }
}

/// What is told apart of frames: the bytes, and what ended a message.
fn frames<'s>(pieces: impl IntoIterator<Item = &'s [u8]>) -> Vec<(Vec<u8>, Option<LineEnd>)> {
    let mut framer = Framer::new(&Limits::default());
    let told = |frame| match frame {
        Frame::Message(message) => (message.bytes, Some(message.line_end)),
        Frame::Sentinel => (vec![0xFF], None),
        Frame::Garbage(bytes) => (bytes, None),
    };
    let mut frames = Vec::new();
    for piece in pieces {
        framer.feed(piece);
        frames.extend(std::iter::from_fn(|| framer.next_frame()).map(told));
    }
    frames.extend(std::iter::from_fn(|| framer.next_unterminated()).map(told));
    frames
}

/// What a client makes of it up to its answer, and how many bytes that took.
fn heard<'s>(dialect: Dialect, pieces: impl IntoIterator<Item = &'s [u8]>) -> (Vec<Event>, usize) {
    let mut recovery = Recovery::new(dialect, ANSWER_BYTES_MAX);
    recovery.attempt(TOKEN);
    let (mut events, mut taken) = (Vec::new(), 0);
    for piece in pieces {
        taken += recovery.feed(piece, &mut events);
        if recovery.is_synced() {
            break;
        }
    }
    (events, taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program;
    use std::path::Path;

    /// What there is of splits, from single bytes to whatever length.
    fn splits() -> impl Iterator<Item = Split> {
        (0..=usize::from(u8::MAX) / READERS.len()).map(Split)
    }

    #[test]
    fn the_pieces_are_the_stream_in_any_split() {
        let stream: Vec<u8> = (0..=255).collect();
        assert!(splits().all(|split| split.pieces(&stream).collect::<Vec<_>>().concat() == stream));
        assert_eq!(Split(0).pieces(&stream).count(), 256);
        assert!(splits().last().unwrap().pieces(&stream).count() < 8);
        assert_eq!(Split(9).pieces(b"").count(), 0);
    }

    #[test]
    fn every_reader_and_split_has_a_byte_that_chooses_them() {
        assert!(splits().count() > 20 && READERS.len() * splits().count() >= 256);
    }

    #[test]
    fn what_is_kept_holds_for_every_reader_in_every_split() {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpora/fuzz/frame_split");
        for input in program::corpus(&[kept]).unwrap() {
            for (reader, split) in
                READERS.iter().flat_map(|reader| splits().map(move |split| (reader, split)))
            {
                assert_eq!(reader(&input[1..], split), Ok(()), "{} {split:?}", program::name(&input));
            }
        }
    }

    #[test]
    fn another_stream_has_other_outcomes() {
        let (one, other) =
            (b"{} \xff\xff{\"return\": 7}\n[".as_slice(), b"{} [\xff{\"return\": 7}\n".as_slice());
        assert_ne!(read(Automaton::new(Model::V3_1), [one]), read(Automaton::new(Model::V3_1), [other]));
        assert_ne!(frames([one]), frames([other]));
        assert_ne!(heard(Dialect::Qga, [one]), heard(Dialect::Qga, [other]));
    }
}
