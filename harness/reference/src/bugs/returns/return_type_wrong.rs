//! A scalar in return values is an array.

use crate::bug::{Bug, Hooks};
use qmprobe_schema::{Builtin, TypeKind};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "return-type-wrong",
    rule: "return-type",
    summary: "a scalar in return values is an array",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        returned: |value, call| {
            super::spoil(value, call, &mut |part| {
                let scalar = matches!(part.kind, TypeKind::Builtin(builtin) if *builtin != Builtin::Any);
                if scalar {
                    *part.value = Value::Array(Vec::new());
                }
                scalar
            });
        },
        ..Hooks::NONE
    },
};
