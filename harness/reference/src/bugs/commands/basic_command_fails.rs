//! A command that cannot fail is refused.

use crate::bug::{Bug, GENERIC, Hooks, Refusal};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "basic-command-fails",
    rule: "basic-commands",
    summary: "a command that cannot fail is refused",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        objects: |call| call.is_any(&["query-name"]).then(|| Refusal::of_command(call, GENERIC)),
        ..Hooks::NONE
    },
};
