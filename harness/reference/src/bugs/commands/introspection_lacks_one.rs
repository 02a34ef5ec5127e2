//! Query-qmp-schema tells of one command too few.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "introspection-lacks-one",
    rule: "schema-agrees",
    summary: "query-qmp-schema tells of one command too few",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        returned: |value, call| {
            if let (true, Value::Array(told)) = (call.is_any(&["query-qmp-schema"]), value) {
                let command = |one: &Value| one.get("meta-type").and_then(Value::as_str) == Some("command");
                if let Some(last) = told.iter().rposition(command) {
                    told.remove(last);
                }
            }
        },
        ..Hooks::NONE
    },
};
