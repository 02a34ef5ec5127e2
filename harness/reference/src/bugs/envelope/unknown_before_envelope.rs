//! A malformed request of an unknown command is refused with CommandNotFound.

use crate::bug::{Bug, Check, Hooks, NOT_FOUND};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "unknown-before-envelope",
    rule: "envelope-order",
    summary: "a malformed request of an unknown command is refused with CommandNotFound",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        upholds: |refusal, _, _| {
            if matches!(refusal.check, Check::Arguments | Check::Member) && !refusal.known {
                refusal.class = NOT_FOUND;
            }
            true
        },
        ..Hooks::NONE
    },
};
