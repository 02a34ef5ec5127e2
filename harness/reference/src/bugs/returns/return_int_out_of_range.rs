//! Integers in return values are out of every range.

use crate::bug::{Bug, Hooks};
use qmprobe_schema::TypeKind;
use qmprobe_wire::{Dialect, Number, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "return-int-out-of-range",
    rule: "return-range",
    summary: "integers in return values are out of every range",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        returned: |value, call| {
            super::spoil(value, call, &mut |part| {
                let found = matches!(part.kind, TypeKind::Builtin(builtin) if builtin.range().is_some());
                if found {
                    *part.value = Value::Number(Number::Double(2_f64.powi(65)));
                }
                found
            });
        },
        ..Hooks::NONE
    },
};
