//! Successful replies to queries have a string in single quotes.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "single-quote-output",
    rule: "output-strict-json",
    summary: "successful replies to queries have a string in single quotes",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        line: |line, what| {
            if super::query(what).is_some() {
                super::replace(line, b"\"return\"", b"'return'");
            }
        },
        ..Hooks::NONE
    },
};
