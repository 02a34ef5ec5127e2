//! Qmp_capabilities takes arguments that do not exist.

use crate::bug::{Bug, Hooks};
use qmprobe_check::conform::MismatchKind;
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "enable-takes-anything",
    rule: "negotiation-arguments",
    summary: "qmp_capabilities takes arguments that do not exist",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        overlooks: |command, mismatch| {
            command == "qmp_capabilities" && mismatch.kind == MismatchKind::Undeclared
        },
        ..Hooks::NONE
    },
};
