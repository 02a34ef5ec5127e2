//! A second qmp_capabilities is refused with GenericError.

use crate::bug::{Bug, Check, GENERIC, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "negotiate-twice-generic-error",
    rule: "negotiation-once",
    summary: "a second qmp_capabilities is refused with GenericError",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        upholds: |refusal, _, _| {
            if refusal.check == Check::Once {
                refusal.class = GENERIC;
            }
            true
        },
        ..Hooks::NONE
    },
};
