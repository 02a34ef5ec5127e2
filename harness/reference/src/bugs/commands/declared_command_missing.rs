//! A declared command is refused with CommandNotFound.

use crate::bug::{Bug, Hooks, NOT_FOUND, Refusal};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "declared-command-missing",
    rule: "declared-command",
    summary: "a declared command is refused with CommandNotFound",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        objects: |call| call.is_victim().then(|| Refusal::of_command(call, NOT_FOUND)),
        ..Hooks::NONE
    },
};
