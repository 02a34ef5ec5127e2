//! Lines end with LF where CR LF is due.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "lf-only",
    rule: "line-end",
    summary: "lines end with LF where CR LF is due",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        line: |line, _| {
            if line.ends_with(b"\r\n") {
                line.truncate(line.len() - 2);
                line.push(b'\n');
            }
        },
        ..Hooks::NONE
    },
};
