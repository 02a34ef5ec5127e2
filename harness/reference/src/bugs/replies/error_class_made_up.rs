//! Arguments that do not conform are refused with a class that does not exist.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "error-class-made-up",
    rule: "error-class",
    summary: "arguments that do not conform are refused with a class that does not exist",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        upholds: |refusal, _, _| {
            if matches!(refusal.check, Check::Conformance(_)) {
                refusal.class = "InvalidParameter";
            }
            true
        },
        ..Hooks::NONE
    },
};
