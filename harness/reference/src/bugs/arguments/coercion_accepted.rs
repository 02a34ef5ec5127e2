//! Arguments are converted to the declared type.

use crate::bug::{Bug, Hooks};
use qmprobe_check::conform::MismatchKind;
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "coercion-accepted",
    rule: "arguments-coercion",
    summary: "arguments are converted to the declared type",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        overlooks: |command, mismatch| super::is(MismatchKind::Coercion, command, mismatch),
        ..Hooks::NONE
    },
};
