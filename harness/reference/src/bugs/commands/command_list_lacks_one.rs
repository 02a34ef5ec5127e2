//! Query-commands lists one command too few.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "command-list-lacks-one",
    rule: "commands-agree",
    summary: "query-commands lists one command too few",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        returned: |value, call| {
            if let (true, Value::Array(listed)) = (call.is_any(&["query-commands"]), value) {
                listed.pop();
            }
        },
        ..Hooks::NONE
    },
};
