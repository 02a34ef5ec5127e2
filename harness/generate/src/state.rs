//! Commands with a memory: names that a peer has told or taken are used again, where the schema's own words
//! say that they fit. No command and no value is known here by name.

mod compose;
mod lexicon;
mod mutate;
mod names;
mod request;
pub mod shape;

pub use compose::{Choices, Composer};
pub use mutate::{mutated, varied};
pub use names::Names;
pub use request::Request;
