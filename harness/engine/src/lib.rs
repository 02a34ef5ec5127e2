//! One campaign against one peer: plan, run, judge, triage, journal.

pub mod event;

pub use event::{Event, Finding, Line, Summary};
