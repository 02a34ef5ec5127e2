//! Errors lack desc.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "error-without-desc",
    rule: "error-shape",
    summary: "errors lack desc",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            if let Some(error) = reply.error_mut() {
                error.retain(|(name, _)| name != "desc");
            }
        },
        ..Hooks::NONE
    },
};
