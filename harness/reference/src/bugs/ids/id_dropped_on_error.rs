//! Errors carry no id.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "id-dropped-on-error",
    rule: "reply-id-echo",
    summary: "errors carry no id",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            if reply.is_error() {
                reply.remove("id");
            }
        },
        ..Hooks::NONE
    },
};
