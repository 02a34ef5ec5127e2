//! A reply stands on several lines.

use crate::bug::{Bug, Hooks, Line};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "several-lines-agent",
    rule: "line-end",
    summary: "replies are printed prettily, on several lines",
    dialect: Dialect::Qga,
    hooks: Hooks {
        line: |line, what| {
            if matches!(what, Line::Reply(_)) {
                line.splice(1..1, *b"\n    ");
            }
        },
        ..Hooks::NONE
    },
};
