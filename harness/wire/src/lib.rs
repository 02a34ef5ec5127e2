//! Bytes and pure state: what goes to a peer, what comes back, and what both mean as JSON.
//!
//! This crate has no sockets, clocks or schemas. It turns bytes into [`Value`]s without losing what
//! matters to a protocol tester (integer width, duplicate keys, deviations from strict JSON), frames a
//! peer's output into [`Message`]s, predicts what QEMU's own parser makes of arbitrary input, and holds
//! the closed values that pass between the crates: [`Case`] on the way out, [`Transcript`] on the way back.

pub mod automaton;
pub mod case;
pub mod escape;
pub mod fault;
pub mod frame;
pub mod limits;
pub mod message;
pub mod number;
pub mod parse;
pub mod payload;
pub mod recovery;
pub mod request;
mod scan;
pub mod session;
pub mod tape;
pub mod transcript;
pub mod value;
pub mod version;

pub use case::{Case, CaseId, Repeat, Start, Step, Sync};
pub use fault::{Damage, Fault, Toward};
pub use frame::{Frame, Framer, Next};
pub use limits::Limits;
pub use message::{LineEnd, Message, MessageKind};
pub use number::Number;
pub use parse::{Deviation, DeviationKind, Parsed};
pub use payload::Payload;
pub use recovery::Recovery;
pub use session::{Dialect, SessionState};
pub use tape::Tape;
pub use transcript::{Attempt, Ending, Exchange, ExchangeEnd, Received, Transcript, Weight};
pub use value::Value;
pub use version::{Version, VersionRange};
