//! Oob is offered but cannot be enabled.

use crate::bug::{Bug, GENERIC, Hooks, Refusal};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "offered-oob-refused",
    rule: "negotiation-succeeds",
    summary: "oob is offered but cannot be enabled",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        objects: |call| {
            let enable = call.arguments?.get("enable")?.as_array()?;
            let refused = call.is_any(&["qmp_capabilities"]) && !enable.is_empty();
            refused.then(|| Refusal::of_command(call, GENERIC))
        },
        ..Hooks::NONE
    },
};
