//! Scenarios: plain text to conversation and back, in the notation of QEMU's own documentation.
//!
//! `->` is what we send, `<-` what must be answered, `...` elides; `scenarios/README.md` has the notation on
//! one page. Nothing here talks to anybody: the engine plays what this crate reads, and asks it what matches.

pub mod bindings;
pub mod convert;
pub mod error;
mod header;
mod line;
pub mod model;
pub mod parse;
pub mod pattern;
mod print;
mod read;

pub use bindings::Bindings;
pub use error::{BadScenario, Located, Problem, Suggestion, Vocabulary};
pub use model::{Action, Duration, Header, KnownDefect, Line, Prop, Scenario, Session};
pub use parse::{Known, parse};
pub use pattern::{Difference, Element, Pattern, Strictness};
