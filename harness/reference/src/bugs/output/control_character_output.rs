//! Control characters in strings are not escaped.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "control-character-output",
    rule: "output-strict-json",
    summary: "control characters in strings are not escaped",
    dialect: Dialect::Qmp,
    hooks: Hooks { line: |line, _| super::replace(line, b"\\t", b"\t"), ..Hooks::NONE },
};
