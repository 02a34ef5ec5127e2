//! Unknown enumeration values are taken.

use crate::bug::{Bug, Hooks};
use qmprobe_check::conform::MismatchKind;
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "enum-unchecked",
    rule: "arguments-enum",
    summary: "unknown enumeration values are taken",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        overlooks: |command, mismatch| super::is(MismatchKind::EnumValue, command, mismatch),
        ..Hooks::NONE
    },
};
