//! A missing mandatory argument is refused with CommandNotFound.

use crate::bug::{Bug, Check, Hooks, NOT_FOUND};
use qmprobe_check::conform::MismatchKind;
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "missing-argument-not-found",
    rule: "arguments-refused",
    summary: "a missing mandatory argument is refused with CommandNotFound",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        upholds: |refusal, _, _| {
            if refusal.check == Check::Conformance(MismatchKind::Missing) {
                refusal.class = NOT_FOUND;
            }
            true
        },
        ..Hooks::NONE
    },
};
