//! Unknown commands are refused with GenericError.

use crate::bug::{Bug, Check, GENERIC, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "unknown-command-generic-error",
    rule: "command-not-found",
    summary: "unknown commands are refused with GenericError",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        upholds: |refusal, _, _| {
            if refusal.check == Check::Unknown {
                refusal.class = GENERIC;
            }
            true
        },
        ..Hooks::NONE
    },
};
