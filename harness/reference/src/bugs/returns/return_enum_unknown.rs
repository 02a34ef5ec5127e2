//! Return values have enumeration values that the schema does not declare.

use crate::bug::{Bug, Hooks};
use qmprobe_schema::TypeKind;
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "return-enum-unknown",
    rule: "return-enum",
    summary: "return values have enumeration values that the schema does not declare",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        returned: |value, call| {
            super::spoil(value, call, &mut |part| {
                let found = matches!(part.kind, TypeKind::Enum(_));
                if found {
                    *part.value = Value::string("x-undeclared");
                }
                found
            });
        },
        ..Hooks::NONE
    },
};
