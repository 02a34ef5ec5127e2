//! Lists are returned as null.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "return-null-for-array",
    rule: "return-type",
    summary: "lists are returned as null",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        returned: |value, call| {
            if call.returns_invention() && value.as_array().is_some() {
                *value = Value::Null;
            }
        },
        ..Hooks::NONE
    },
};
