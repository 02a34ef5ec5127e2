//! Successful replies to queries end with a comma too many.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "trailing-comma-output",
    rule: "output-strict-json",
    summary: "successful replies to queries end with a comma too many",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        line: |line, what| {
            let end = line.iter().rposition(|byte| *byte == b'}');
            if let (Some(_), Some(end)) = (super::query(what), end) {
                line.insert(end, b',');
            }
        },
        ..Hooks::NONE
    },
};
