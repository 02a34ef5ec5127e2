//! Commands without a return type return something.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "return-not-empty",
    rule: "return-empty",
    summary: "commands without a return type return something",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        returned: |value, call| {
            if call.command.returns.is_none() {
                *value = Value::Object(vec![("x".to_owned(), Value::int(1))]);
            }
        },
        ..Hooks::NONE
    },
};
