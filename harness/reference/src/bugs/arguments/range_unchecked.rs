//! Integers out of range are taken.

use crate::bug::{Bug, Hooks};
use qmprobe_check::conform::MismatchKind;
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "range-unchecked",
    rule: "arguments-range",
    summary: "integers out of range are taken",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        overlooks: |command, mismatch| super::is(MismatchKind::Range, command, mismatch),
        ..Hooks::NONE
    },
};
