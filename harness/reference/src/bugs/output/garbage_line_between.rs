//! A prompt stands before errors.

use crate::bug::{Bug, Hooks, Line};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "garbage-line-between",
    rule: "output-framing",
    summary: "a prompt stands before errors",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        line: |line, what| {
            if matches!(what, Line::Reply(reply) if reply.is_error()) {
                line.splice(..0, *b"(qemu) \n");
            }
        },
        ..Hooks::NONE
    },
};
