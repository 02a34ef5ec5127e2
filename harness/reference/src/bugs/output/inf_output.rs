//! A number too large for a double is written as inf.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "inf-output",
    rule: "output-strict-json",
    summary: "a number too large for a double is written as inf",
    dialect: Dialect::Qmp,
    hooks: Hooks { line: |line, _| super::replace(line, b"1e400", b"inf"), ..Hooks::NONE },
};
