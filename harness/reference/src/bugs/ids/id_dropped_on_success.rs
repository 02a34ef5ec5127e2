//! Successful replies carry no id.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "id-dropped-on-success",
    rule: "reply-id-echo",
    summary: "successful replies carry no id",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            if !reply.is_error() {
                reply.remove("id");
            }
        },
        ..Hooks::NONE
    },
};
