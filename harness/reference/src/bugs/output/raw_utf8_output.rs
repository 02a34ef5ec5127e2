//! Characters outside ASCII are not escaped.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "raw-utf8-output",
    rule: "output-ascii",
    summary: "characters outside ASCII are not escaped",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        line: |line, _| {
            for (escaped, raw) in [("\\u00E9", "é"), ("\\uD83D\\uDE00", "😀")] {
                super::replace(line, escaped.as_bytes(), raw.as_bytes());
            }
        },
        ..Hooks::NONE
    },
};
