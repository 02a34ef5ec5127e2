//! One campaign against one peer: plan, run, judge, triage, journal.
//!
//! [`campaign::run`] does all of it; [`replay::run`] runs one finding's case again. Nothing here prints:
//! whoever wants to know what happens listens to the [`Event`]s.

mod acquaintance;
mod as_scenario;
pub mod bench;
mod by_hand;
pub mod campaign;
mod clock;
mod desk;
pub mod error;
pub mod event;
mod evidence;
pub mod fuzz;
mod glob;
mod hand;
pub mod journal;
mod log;
pub mod merge;
mod options;
mod peer_facts;
mod plan;
mod probe;
mod recovery;
pub mod replay;
mod runner;
pub mod safety;
pub mod scenarios;
mod schema_of;
mod settings;
mod spare;
mod streams;
mod tally;
mod triage;
pub mod waivers;

pub use error::Error;
pub use event::{Event, Finding, Line, RecoveryBucket, RecoveryRow, Summary};
pub use schema_of::{Told, ask_schema};
