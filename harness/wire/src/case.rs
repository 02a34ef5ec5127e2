//! One test case: what is done to a peer, step by step, as exact bytes.
//!
//! A case says nothing about what must come back: the oracles derive that from the bytes and the schema.
//! It is a pure function of (schema hash, seed, index), and serialises whole, so that a finding replays.

use crate::escape;
use crate::fault::Fault;
use crate::payload::Payload;
use serde::{Deserialize, Serialize};

/// Where a case came from: enough to make it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CaseId {
    /// The campaign's seed.
    pub seed: u64,
    /// The position in the systematic enumeration.
    pub index: u64,
}

/// The session that a case begins in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// In command mode; the session may have served other cases before and may serve others after.
    Command,
    /// On a fresh connection whose greeting was read and recorded, before negotiation.
    Greeting,
    /// On a fresh connection of which nothing was read yet.
    Connected,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Write these bytes at once, then read until every predicted reply came, or the deadline passed.
    Send(#[serde(with = "escape")] Vec<u8>),
    /// Write these bytes and go on without reading.
    Push(#[serde(with = "escape")] Vec<u8>),
    /// Read for this many milliseconds, whatever comes: shows what should not come.
    Settle(u64),
    /// Close this connection cleanly and open a new one; its greeting is read and recorded.
    Reconnect,
    /// Wait this many milliseconds without reading, shut down our writing side and open a new connection at
    /// once, as a client does that is restarted while its command runs; the new greeting is read and recorded.
    Leave(u64),
    /// Shut down our writing side and read until the peer closes.
    HalfClose,
    /// Get back in step as a client does, over a channel with faults (see [`crate::recovery`]).
    Sync(Sync),
    /// Wait this many milliseconds without reading, close the connection as it is, and as much later open a new
    /// one: what was begun stays with the peer, what it said stays unread.
    Abandon(u64),
    /// Do the same thing many times, and see what the peer takes up then.
    Repeat(Repeat),
}

/// The same bytes many times over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeat {
    /// Requests without ids.
    #[serde(with = "escape")]
    pub bytes: Vec<u8>,
    /// How often they are written, in one go.
    pub times: u16,
}

/// Between tokens: 2^63 divided by the golden ratio, so that they spread.
pub const TOKEN_STEP: i64 = 0x4F1B_BCDC_BFA5_3E0B;

/// A client that gets back in step: try after try, until the answer to one is recognised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sync {
    /// Written in one go with the first request.
    pub before: Payload,
    /// The token of the first try; those that follow are made of it (see [`Sync::token_of`]).
    pub token: i64,
    /// What happens to the bytes on their way.
    #[serde(default)]
    pub faults: Vec<Fault>,
}

impl Sync {
    /// The token of a try, by many bits another than those before: damage must not make one of the other.
    pub fn token_of(&self, attempt: u32) -> i64 {
        self.token.wrapping_add(i64::from(attempt).wrapping_mul(TOKEN_STEP)) & i64::MAX
    }

    /// Tries after which the client is back in step, on a conforming peer: the one that follows the last fault.
    pub fn tries_due(&self) -> u32 {
        self.faults.iter().map(|fault| fault.attempt.saturating_add(2)).max().unwrap_or(1)
    }
}

impl Step {
    /// Whether what follows goes over another connection.
    pub fn opens_another(&self) -> bool {
        matches!(self, Step::Reconnect | Step::Leave(_) | Step::Abandon(_))
    }
}

/// A whole test case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Which one it is.
    pub id: CaseId,
    /// One line for people: `blockdev-add: null for optional 'node-name'`.
    pub name: String,
    /// The command under test. Decides whether a foreign peer may be sent this case (see the safety table);
    /// `None` for cases that run nothing but harmless session commands.
    pub command: Option<String>,
    /// The slug of the one rule that the case is made to put to the test; `None` for valid input.
    pub aim: Option<String>,
    /// Where it begins.
    pub start: Start,
    /// What is done.
    pub steps: Vec<Step>,
}

impl Case {
    /// Bytes that the case sends in all, requests of a recovery left aside.
    pub fn bytes(&self) -> usize {
        self.steps
            .iter()
            .map(|step| match step {
                Step::Send(bytes) | Step::Push(bytes) => bytes.len(),
                Step::Sync(sync) => sync.before.len(),
                Step::Repeat(repeat) => repeat.bytes.len() * usize::from(repeat.times),
                _ => 0,
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> Case {
        Case {
            id: CaseId { seed: u64::MAX, index: 3 },
            name: "query-name: é".into(),
            command: Some("query-name".into()),
            aim: None,
            start: Start::Command,
            steps: vec![
                Step::Push(vec![0xFF]),
                Step::Send(b"{\"execute\"\\\n".to_vec()),
                Step::Settle(5),
                Step::Reconnect,
                Step::Leave(1),
                Step::HalfClose,
                Step::Repeat(Repeat { bytes: b"{}\n".to_vec(), times: 3 }),
            ],
        }
    }

    #[test]
    fn a_case_passes_through_json_unchanged() {
        let text = serde_json::to_string(&case()).unwrap();
        assert_eq!(serde_json::from_str::<Case>(&text).unwrap(), case());
    }

    #[test]
    fn the_bytes_of_a_step_are_legible_in_a_file() {
        let steps = serde_json::to_string(&case().steps).unwrap();
        assert_eq!(
            steps,
            r#"[{"push":"\\xff"},{"send":"{\"execute\"\\\\\\n"},{"settle":5},"reconnect",{"leave":1},"half-close",{"repeat":{"bytes":"{}\\n","times":3}}]"#
        );
    }

    #[test]
    fn only_what_is_written_counts_as_sent() {
        assert_eq!(case().bytes(), 1 + 12 + 3 * 3);
    }
}
