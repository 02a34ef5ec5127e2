//! Query-commands lists a command that does not exist.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "command-list-invents-one",
    rule: "commands-agree",
    summary: "query-commands lists a command that does not exist",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        returned: |value, call| {
            if let (true, Value::Array(listed)) = (call.is_any(&["query-commands"]), value) {
                listed.push(Value::Object(vec![("name".to_owned(), Value::string("x-invented"))]));
            }
        },
        ..Hooks::NONE
    },
};
