//! An error is a string.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "error-is-a-string",
    rule: "error-shape",
    summary: "an error is a string",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            if let Some(error) = reply.get_mut("error") {
                *error = Value::string("failed");
            }
        },
        ..Hooks::NONE
    },
};
