//! The same bytes over and over: where they bring about nothing but that a limit is passed, what they say is not kept.

use super::build::Build;
use super::lexer::State;
use super::parser::Expect;
use super::{Automaton, Outcome, TOKEN_BYTES_MAX, TOKENS_MAX};
use crate::payload::Payload;

/// Bytes that are fed at a time of what has to be kept.
const CHUNK_BYTES: usize = 64 << 10;

/// Rounds after which each further one does what the last did. A member's name is seen in the second one to have been
/// there before, and where its value is a number, whose end only the next round shows, in the third.
const SETTLING: usize = 4;

/// Where an automaton stands within a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stance {
    lexer: State,
    depth: [i64; 2],
    expects: Expect,
    size: Size,
}

/// What there are limits of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size {
    /// Bytes of the token under way.
    token: usize,
    /// Tokens of the text.
    tokens: usize,
    /// Bytes of them.
    bytes: usize,
}

impl Size {
    /// How much was added since; `None` if it began again.
    fn since(self, before: Size) -> Option<Size> {
        Some(Size {
            token: self.token.checked_sub(before.token)?,
            tokens: self.tokens.checked_sub(before.tokens)?,
            bytes: self.bytes.checked_sub(before.bytes)?,
        })
    }

    /// How often so much can be added before a limit is passed.
    fn room_for(self, growth: Size) -> usize {
        let room = |max: usize, taken: usize, more: usize| {
            max.saturating_sub(taken).checked_div(more).unwrap_or(usize::MAX)
        };
        room(TOKEN_BYTES_MAX, self.token, growth.token)
            .min(room(TOKENS_MAX, self.tokens, growth.tokens))
            .min(room(TOKEN_BYTES_MAX - 1, self.bytes, growth.bytes))
    }
}

impl<B: Build> Automaton<B> {
    /// Takes a payload in; appends the outcomes that it completes, which are those of its bytes.
    pub fn feed_payload(&mut self, payload: &Payload, outcomes: &mut Vec<Outcome<B::Value>>) {
        for (bytes, times) in payload.parts() {
            match times {
                1 => self.feed(bytes, outcomes),
                _ => self.feed_stretch(bytes, times, outcomes),
            }
        }
    }

    fn feed_stretch(&mut self, bytes: &[u8], times: usize, outcomes: &mut Vec<Outcome<B::Value>>) {
        let mut left = times;
        while left > SETTLING {
            (1..SETTLING).for_each(|_| self.feed(bytes, outcomes));
            let (before, told) = (self.stance(), outcomes.len());
            self.feed(bytes, outcomes);
            left -= SETTLING;
            let growth = before.zip(self.stance()).and_then(|(before, after)| {
                let growth = after.size.since(before.size)?;
                let moved = Stance { size: after.size, ..before } != after || outcomes.len() > told;
                (!moved).then_some((growth, after.size.room_for(growth)))
            });
            match growth {
                // What is skipped here is dropped when the limit is passed, which a later round does.
                Some((growth, rounds)) if rounds < left => {
                    self.lexer.skip(rounds * bytes.len(), rounds * growth.token);
                    self.streamer.skip(rounds * growth.tokens, rounds * growth.bytes);
                    self.feed(bytes, outcomes);
                    left -= rounds + 1;
                }
                _ => break,
            }
        }
        let at_once = CHUNK_BYTES.div_ceil(bytes.len().max(1)).min(left);
        if at_once > 0 {
            let chunk = bytes.repeat(at_once);
            (0..left / at_once).for_each(|_| self.feed(&chunk, outcomes));
            self.feed(&bytes.repeat(left % at_once), outcomes);
        }
    }

    fn stance(&self) -> Option<Stance> {
        let (lexer, token) = self.lexer.stance();
        let (depth, expects, tokens, bytes) = self.streamer.stance()?;
        Some(Stance { lexer, depth, expects, size: Size { token, tokens, bytes } })
    }
}
