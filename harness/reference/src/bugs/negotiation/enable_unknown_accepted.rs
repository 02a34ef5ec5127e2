//! Unknown capabilities can be enabled.

use crate::bug::{Bug, Hooks};
use qmprobe_check::conform::MismatchKind;
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "enable-unknown-accepted",
    rule: "negotiation-arguments",
    summary: "unknown capabilities can be enabled",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        overlooks: |command, mismatch| {
            command == "qmp_capabilities" && mismatch.kind == MismatchKind::EnumValue
        },
        ..Hooks::NONE
    },
};
