//! Unknown arguments are ignored.

use crate::bug::{Bug, Hooks};
use qmprobe_check::conform::MismatchKind;
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "unknown-argument-accepted",
    rule: "arguments-unknown",
    summary: "unknown arguments are ignored",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        overlooks: |command, mismatch| {
            super::is(MismatchKind::Undeclared, command, mismatch) && !super::is_nested(mismatch)
        },
        ..Hooks::NONE
    },
};
