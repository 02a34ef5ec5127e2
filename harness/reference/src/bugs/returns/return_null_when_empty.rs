//! Commands without a return type return null.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "return-null-when-empty",
    rule: "return-empty",
    summary: "commands without a return type return null",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        returned: |value, call| {
            if call.command.returns.is_none() {
                *value = Value::Null;
            }
        },
        ..Hooks::NONE
    },
};
