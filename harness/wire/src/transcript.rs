//! What happened: everything that an oracle may ever see of one case.

use crate::automaton::Model;
use crate::case::{Case, CaseId, Start, Step};
use crate::frame::{Frame, Framer};
use crate::limits::Limits;
use crate::message::{Message, MessageKind};
use crate::payload::Payload;
use crate::session::{Dialect, SessionState};
use crate::version::Version;
use std::sync::Arc;

/// Something that came from the peer, and when.
#[derive(Clone, Debug)]
pub struct Received {
    /// Microseconds since the case began.
    pub at_us: u64,
    /// What it was.
    pub frame: Frame,
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExchangeEnd {
    /// Everything that was waited for came (or nothing was waited for).
    Complete,
    /// The deadline passed with fewer replies than predicted.
    TimedOut {
        /// Milliseconds waited.
        waited_ms: u64,
    },
    /// The peer closed the connection or reset it.
    Closed,
    /// We closed the connection without reading what may have come: the case wants it so, or its time was over while
    /// the peer was still at it.
    Unread,
    /// A limit was hit: endless message, too many messages, too many bytes. Names the limit.
    Flooded(&'static str),
}

/// One write and what came back until the next one. The first exchange of a fresh connection sends nothing
/// and receives the greeting.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The step of the case that this is; `None` for the greeting of a fresh connection.
    pub step: Option<usize>,
    /// Counts connections within the case from 0.
    pub connection: u32,
    /// True when `sent` is empty because a fresh connection was opened and its greeting awaited.
    pub opened: bool,
    /// The exact bytes written.
    pub sent: Payload,
    /// What came back, in order.
    pub received: Vec<Received>,
    /// How it ended.
    pub end: ExchangeEnd,
    /// Microseconds since the case began, when the write began.
    pub sent_us: u64,
    /// What came of it where it was a try to get back in step. `sent` is what the peer got, `received` what it
    /// said; the client got that through the faults of the case.
    pub attempt: Option<Attempt>,
    /// What the peer took up a moment after it, where that was looked at.
    pub weight: Option<Weight>,
}

/// What a peer's processes take up together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// KiB of memory that no file stands behind.
    pub memory_kib: u64,
    /// Open file descriptors.
    pub files: u64,
    /// Threads.
    pub threads: u64,
}

/// One try of a client to get back in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which one, from 0.
    pub number: u32,
    /// Its token.
    pub token: i64,
    /// The client recognised the answer.
    pub synced: bool,
    /// Messages, whole or not, that it skipped.
    pub skipped: u32,
}

impl Exchange {
    /// The messages that came back, in order.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.received.iter().filter_map(|received| match &received.frame {
            Frame::Message(message) => Some(message),
            _ => None,
        })
    }

    /// The replies among them (see [`Message::is_reply`]).
    pub fn replies(&self) -> impl Iterator<Item = &Message> {
        self.messages().filter(|message| message.is_reply())
    }

    /// The events among them.
    pub fn events(&self) -> impl Iterator<Item = &Message> {
        self.messages().filter(|message| message.kind == MessageKind::Event)
    }
}

/// What became of the peer by the end of the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It still answers, or nothing suggests otherwise.
    Alive,
    /// It closed the connection; whether a process ended is not known (a foreign peer).
    Disconnected,
    /// A process that we started ended by itself.
    Exited {
        /// The exit status, in words: `exit status 1`, `signal 6 (SIGABRT)`.
        status: String,
        /// Whether a signal ended it.
        signalled: bool,
        /// The exit code, where it was no signal.
        code: Option<i32>,
        /// The end of its standard error, lossy, at most a few KiB.
        stderr_tail: String,
    },
    /// A process that we started runs but no longer answers.
    Hung,
}

/// A closed record of one case.
#[derive(Clone, Debug)]
pub struct Transcript {
    /// What was done.
    pub case: Arc<Case>,
    /// The protocol.
    pub dialect: Dialect,
    /// The peer's version where it is known.
    pub version: Option<Version>,
    /// The parser that it has, as far as that is known.
    pub model: Model,
    /// The session state before the first exchange.
    pub start: SessionState,
    /// The exchanges in order.
    pub exchanges: Vec<Exchange>,
    /// What became of the peer.
    pub ending: Ending,
}

impl Transcript {
    /// The record of one write in command mode, and of the bytes that came back: for whoever judges bytes that no
    /// runner brought. The peer's parser is taken to be that of its version.
    pub fn of_write(dialect: Dialect, version: Version, sent: Vec<u8>, said: &[u8]) -> Transcript {
        let mut framer = Framer::new(&Limits::default());
        framer.feed(said);
        let frames = std::iter::from_fn(|| framer.next_unterminated());
        let received = frames.map(|frame| Received { at_us: 0, frame }).collect();
        let case = Case {
            id: CaseId { seed: 0, index: 0 },
            name: "one write".to_owned(),
            command: None,
            aim: None,
            start: Start::Command,
            steps: vec![Step::Send(sent.clone())],
        };
        let exchange = Exchange {
            step: Some(0),
            connection: 0,
            opened: false,
            sent: Payload::from(sent),
            received,
            end: ExchangeEnd::Complete,
            sent_us: 0,
            attempt: None,
            weight: None,
        };
        Transcript {
            case: Arc::new(case),
            dialect,
            version: Some(version),
            model: Model::of(Some(version)),
            start: SessionState::command_mode(dialect),
            exchanges: vec![exchange],
            ending: Ending::Alive,
        }
    }
}
