//! A reply is longer than any client wants to hold.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

/// Bytes of the name: more than the 16 MiB that a message may have.
const LENGTH: usize = 17 << 20;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "endless-reply",
    rule: "output-bounded",
    summary: "a reply is longer than any client wants to hold",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        returned: |value, call| {
            if call.is_any(&["query-name"]) {
                *value = Value::Object(vec![("name".to_owned(), Value::String("x".repeat(LENGTH)))]);
            }
        },
        ..Hooks::NONE
    },
};
