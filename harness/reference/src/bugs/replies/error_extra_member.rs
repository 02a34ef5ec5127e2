//! Errors have a member that does not exist.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "error-extra-member",
    rule: "error-shape",
    summary: "errors have a member that does not exist",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            if let Some(error) = reply.error_mut() {
                error.push(("code".to_owned(), Value::int(-1)));
            }
        },
        ..Hooks::NONE
    },
};
