//! The desc of an error is a number.

use crate::bug::{Bug, Hooks, find_mut};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "error-desc-number",
    rule: "error-shape",
    summary: "the desc of an error is a number",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            if let Some(desc) = reply.error_mut().and_then(|error| find_mut(error, "desc")) {
                *desc = Value::int(22);
            }
        },
        ..Hooks::NONE
    },
};
