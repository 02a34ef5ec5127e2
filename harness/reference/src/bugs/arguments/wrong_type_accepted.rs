//! Arguments of another type are taken.

use crate::bug::{Bug, Hooks};
use qmprobe_check::conform::MismatchKind;
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "wrong-type-accepted",
    rule: "arguments-type",
    summary: "arguments of another type are taken",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        overlooks: |command, mismatch| super::is(MismatchKind::Type, command, mismatch),
        ..Hooks::NONE
    },
};
