//! Lines end with CR LF where LF is due.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "crlf-agent",
    rule: "line-end",
    summary: "lines end with CR LF where LF is due",
    dialect: Dialect::Qga,
    hooks: Hooks {
        line: |line, _| {
            if !line.ends_with(b"\r\n") {
                line.pop();
                line.extend_from_slice(b"\r\n");
            }
        },
        ..Hooks::NONE
    },
};
