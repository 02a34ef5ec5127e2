//! One campaign against one peer: plan, run, judge, triage, journal.

pub mod by_hand;
pub mod campaign;
mod clock;
pub mod error;
pub mod event;
mod evidence;
mod glob;
pub mod journal;
mod peer_facts;
mod plan;
pub mod replay;
mod runner;
pub mod safety;
mod schema_of;
mod tally;
mod triage;
pub mod waivers;

pub use error::Error;
pub use event::{Event, Finding, Line, Summary};
pub use schema_of::ask_schema;
