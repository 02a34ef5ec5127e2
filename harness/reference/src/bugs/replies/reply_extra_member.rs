//! Successful replies have a member that does not exist.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "reply-extra-member",
    rule: "reply-shape",
    summary: "successful replies have a member that does not exist",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            if !reply.is_error() {
                reply.push("time", Value::int(1));
            }
        },
        ..Hooks::NONE
    },
};
