//! What the documents of a schema say besides what they declare.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What stands between the declarations. Empty for introspection, which knows of no documents.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outline {
    /// The documents that are included, as they are named there, in order.
    pub includes: Vec<String>,
    /// The pragmas, in order: objects from name to value.
    pub pragmas: Vec<Value>,
    /// Types that are referred to and not there, sorted. Only a partial schema may have any.
    pub undefined: Vec<String>,
}
