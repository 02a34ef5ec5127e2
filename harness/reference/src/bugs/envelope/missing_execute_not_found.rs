//! A request without execute is refused with CommandNotFound.

use crate::bug::{Bug, Check, Hooks, NOT_FOUND};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "missing-execute-not-found",
    rule: "envelope-execute",
    summary: "a request without execute is refused with CommandNotFound",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        upholds: |refusal, _, _| {
            if refusal.check == Check::VerbMissing {
                refusal.class = NOT_FOUND;
            }
            true
        },
        ..Hooks::NONE
    },
};
