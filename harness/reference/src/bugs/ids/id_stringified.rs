//! Numeric ids come back as strings.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "id-stringified",
    rule: "reply-id-echo",
    summary: "numeric ids come back as strings",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            reply.change_id(|id| matches!(id, Value::Number(_)).then(|| Value::string(id.to_string())));
        },
        ..Hooks::NONE
    },
};
