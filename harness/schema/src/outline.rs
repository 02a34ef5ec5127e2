//! What the documents of a schema say besides what they declare.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

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
    /// The version since which there is a definition (`block-commit`), or a member that came later
    /// (`block-commit.on-error`), where comments say so.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub since: BTreeMap<String, String>,
}
