//! A sync returns its id by way of a double.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Number, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "sync-truncates-id",
    rule: "sync-echo",
    summary: "a sync returns its id by way of a double",
    dialect: Dialect::Qga,
    hooks: Hooks {
        returned: |value, call| {
            if let (true, Value::Number(Number::Int(int))) = (super::is_sync(call), value) {
                *int = *int as f64 as i64;
            }
        },
        ..Hooks::NONE
    },
};
