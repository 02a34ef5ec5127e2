//! Input that is no object is refused with CommandNotFound.

use crate::bug::{Bug, Check, Hooks, NOT_FOUND};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "non-object-not-found",
    rule: "envelope-object",
    summary: "input that is no object is refused with CommandNotFound",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        upholds: |refusal, _, _| {
            if refusal.check == Check::Object {
                refusal.class = NOT_FOUND;
            }
            true
        },
        ..Hooks::NONE
    },
};
