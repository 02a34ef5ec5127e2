//! Null is taken for an absent argument.

use crate::bug::{Bug, Hooks};
use qmprobe_check::conform::MismatchKind;
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "null-accepted",
    rule: "arguments-null",
    summary: "null is taken for an absent argument",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        overlooks: |command, mismatch| super::is(MismatchKind::Null, command, mismatch),
        ..Hooks::NONE
    },
};
