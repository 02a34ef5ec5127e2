//! Integers in return values are strings.

use crate::bug::{Bug, Hooks};
use qmprobe_schema::TypeKind;
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "return-integer-as-string",
    rule: "return-type",
    summary: "integers in return values are strings",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        returned: |value, call| {
            super::spoil(value, call, &mut |part| {
                if matches!(part.kind, TypeKind::Builtin(builtin) if builtin.range().is_some()) {
                    *part.value = Value::string(part.value.to_string());
                }
                false
            });
        },
        ..Hooks::NONE
    },
};
