//! The id is given back twice.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "duplicate-key-output",
    rule: "output-strict-json",
    summary: "the id is given back twice",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            if let Some(id) = reply.get_mut("id").cloned() {
                reply.push("id", id);
            }
        },
        ..Hooks::NONE
    },
};
