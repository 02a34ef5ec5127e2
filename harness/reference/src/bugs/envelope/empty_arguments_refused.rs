//! Empty arguments are refused.

use crate::bug::{Bug, GENERIC, Hooks, Refusal};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "empty-arguments-refused",
    rule: "envelope-arguments",
    summary: "empty arguments are refused",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        objects: |call| {
            let empty = call.arguments?.as_object()?.is_empty() && !call.is_any(&["qmp_capabilities"]);
            empty.then(|| Refusal::of_command(call, GENERIC))
        },
        ..Hooks::NONE
    },
};
