//! Schema and entropy in, cases out: valid arguments, single violations of one rule, streams of corrupted
//! commands, and shrinking.
//!
//! This crate walks a schema to *make* values; it judges none. It is pure: a case is a function of schema,
//! seed and index, and randomness comes in from outside.

mod boundary;
mod budget;
mod build;
pub mod corruption;
pub mod entropy;
pub mod minimal;
pub mod plan;
pub mod recovery;
pub mod session;
pub mod shrink;
mod site;
pub mod state;
pub mod stream;
mod tags;
mod title;
mod valid;
pub mod value;
pub mod violation;

pub use corruption::Corruption;
pub use entropy::Entropy;
pub use minimal::{Smallest, minimal_value};
pub use plan::Plan;
pub use shrink::Shrinker;
pub use stream::Streams;
pub use value::valid_value;
pub use violation::Violation;
