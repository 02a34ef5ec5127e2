//! The oracles: a schema and a transcript go in, verdicts come out. Pure: no clock, no socket, no randomness.
//!
//! `predict` says what a conforming peer must answer to the bytes that were sent, `conform` holds a value
//! against a type, and each file in `rules/` is one statement of the protocol.

mod alignment;
pub mod conform;
pub mod context;
mod each_message;
mod lanes;
mod overtaking;
pub mod pairing;
pub mod predict;
pub mod prediction;
mod requests;
mod returns;
pub mod rule;
pub mod rules;
mod shape;
mod shuffle;
mod silences;
pub mod statements;
pub mod stream;
pub mod verdict;

pub use context::Context;
pub use predict::{Accepted, Expectation, predict, predict_all};
pub use rule::{Rule, Severity};
pub use rules::guest_info_agrees::is_enabled;
pub use rules::no_leak::may_leak;
pub use rules::{ALL, find, judge};
pub use verdict::{Breach, Outcome, Verdict};
