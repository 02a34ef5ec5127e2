//! Replies do not end their line.

use crate::bug::{Bug, Hooks, Line};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "no-newline",
    rule: "line-end",
    summary: "replies do not end their line",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        line: |line, what| {
            if matches!(what, Line::Reply(_)) {
                line.truncate(line.trim_ascii_end().len());
            }
        },
        ..Hooks::NONE
    },
};
