//! Unknown members within arguments are ignored.

use crate::bug::{Bug, Hooks};
use qmprobe_check::conform::MismatchKind;
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "nested-unknown-accepted",
    rule: "arguments-unknown",
    summary: "unknown members within arguments are ignored",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        overlooks: |command, mismatch| {
            super::is(MismatchKind::Undeclared, command, mismatch) && super::is_nested(mismatch)
        },
        ..Hooks::NONE
    },
};
