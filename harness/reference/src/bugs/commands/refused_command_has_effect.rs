//! A command refused for its arguments has had an effect.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "refused-command-has-effect",
    rule: "refused-changes-nothing",
    summary: "a command refused for its arguments has had an effect",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        upholds: |refusal, _, world| {
            world.changes += u64::from(matches!(refusal.check, Check::Conformance(_)));
            true
        },
        ..Hooks::NONE
    },
};
