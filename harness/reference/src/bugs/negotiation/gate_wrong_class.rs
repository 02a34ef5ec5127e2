//! Commands before negotiation are refused with GenericError.

use crate::bug::{Bug, Check, GENERIC, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "gate-wrong-class",
    rule: "negotiation-gate",
    summary: "commands before negotiation are refused with GenericError",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        upholds: |refusal, _, _| {
            if refusal.check == Check::Gate {
                refusal.class = GENERIC;
            }
            true
        },
        ..Hooks::NONE
    },
};
