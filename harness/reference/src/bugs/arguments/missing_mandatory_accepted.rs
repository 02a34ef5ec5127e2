//! Mandatory arguments may be missing.

use crate::bug::{Bug, Hooks};
use qmprobe_check::conform::MismatchKind;
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "missing-mandatory-accepted",
    rule: "arguments-required",
    summary: "mandatory arguments may be missing",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        overlooks: |command, mismatch| super::is(MismatchKind::Missing, command, mismatch),
        ..Hooks::NONE
    },
};
