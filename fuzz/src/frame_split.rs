//! Bytes in any split give the same outcomes, to the automaton, to its outline, to the framer of a peer's output
//! and to a client that gets back in step. The first byte chooses the split.

use crate::{Held, equal};
use qmprobe_generate::Entropy;
use qmprobe_wire::automaton::{Automaton, Build, Model, Outcome};
use qmprobe_wire::recovery::Event;
use qmprobe_wire::{Dialect, Frame, Framer, Limits, LineEnd, Recovery, Value};

/// The token of the answer that the client waits for.
const TOKEN: i64 = 7;
/// Bytes of one message to that client.
const ANSWER_BYTES_MAX: usize = 1 << 16;

/// The target.
///
/// # Errors
/// A split makes a difference.
pub fn body(data: &[u8]) -> Held {
    let Some((seed, stream)) = data.split_first() else { return Ok(()) };
    let split = pieces(stream, *seed);
    for model in [Model::V3_1, Model::V11, Model::Tolerant] {
        let whole = read(Automaton::new(model), &[stream]);
        equal(&read(Automaton::new(model), &split), &whole, "the automaton sees the split")?;
        let outlined = (whole.0.into_iter().map(outline).collect(), whole.1);
        equal(&read(Automaton::outlining(model), &split), &outlined, "an outline is of something else")?;
    }
    equal(&frames(&split), &frames(&[stream]), "the framer sees the split")?;
    for dialect in [Dialect::Qmp, Dialect::Qga] {
        let (whole, split) = (heard(dialect, &[stream]), heard(dialect, &split));
        equal(&split, &whole, "a client that gets back in step sees the split")?;
    }
    Ok(())
}

/// The stream byte by byte, or in pieces that follow from the seed.
fn pieces(stream: &[u8], seed: u8) -> Vec<&[u8]> {
    let mut entropy = Entropy::new(u64::from(seed), 0);
    let mut pieces = Vec::new();
    let mut rest = stream;
    while !rest.is_empty() {
        let length = 1 + entropy.below(usize::from(seed).min(rest.len()));
        let (piece, left) = rest.split_at(length);
        pieces.push(piece);
        rest = left;
    }
    pieces
}

/// The outcomes, and whether a text is left open.
fn read<B: Build>(mut automaton: Automaton<B>, pieces: &[&[u8]]) -> (Vec<Outcome<B::Value>>, bool) {
    let mut outcomes = Vec::new();
    pieces.iter().for_each(|piece| automaton.feed(piece, &mut outcomes));
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
fn frames(pieces: &[&[u8]]) -> Vec<(Vec<u8>, Option<LineEnd>)> {
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
fn heard(dialect: Dialect, pieces: &[&[u8]]) -> (Vec<Event>, usize) {
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

    #[test]
    fn the_pieces_are_the_stream_in_any_split() {
        let stream: Vec<u8> = (0..=255).collect();
        for seed in 0..=255 {
            assert_eq!(pieces(&stream, seed).concat(), stream);
        }
        assert_eq!(pieces(&stream, 0).len(), 256);
        assert!(pieces(&stream, 255).len() < 64);
    }

    #[test]
    fn another_stream_has_other_outcomes() {
        let (one, other) =
            (b"{} \xff\xff{\"return\": 7}\n[".as_slice(), b"{} [\xff{\"return\": 7}\n".as_slice());
        assert_ne!(read(Automaton::new(Model::V3_1), &[one]), read(Automaton::new(Model::V3_1), &[other]));
        assert_ne!(frames(&[one]), frames(&[other]));
        assert_ne!(heard(Dialect::Qga, &[one]), heard(Dialect::Qga, &[other]));
    }
}
