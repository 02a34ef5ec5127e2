//! Our own format: the facts of a schema as JSON, one line per entity, in a fixed order, without any prose.
//! `schemas/README.md` describes it. Types without a name of their own are named after the first place that
//! uses them, in the order of the commands, so that two recordings compare line by line.

mod read;
mod write;

pub use read::from_own;
pub(crate) use write::Names;
pub use write::to_own;

use crate::model::Builtin;
use serde::{Deserialize, Serialize};

/// The version of the format that is written.
pub const FORMAT: u32 = 1;
/// Begins the names of types that have none of their own.
pub(crate) const NAMELESS: char = '~';

/// Where a schema came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// How it was got: `query-qmp-schema`, `qga/qapi-schema.json`.
    pub source: String,
    /// Of which program.
    pub binary: String,
    /// Of which version.
    pub version: String,
}

const BUILTINS: &[Builtin] = &[
    Builtin::Str,
    Builtin::Integer,
    Builtin::Int8,
    Builtin::Int16,
    Builtin::Int32,
    Builtin::Int64,
    Builtin::Uint8,
    Builtin::Uint16,
    Builtin::Uint32,
    Builtin::Uint64,
    Builtin::Size,
    Builtin::Number,
    Builtin::Bool,
    Builtin::Null,
    Builtin::Any,
];
