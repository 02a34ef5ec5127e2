//! Unknown commands are not answered.

use crate::bug::{Bug, Check, Delivery, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "silent-on-unknown-command",
    rule: "one-reply",
    summary: "unknown commands are not answered",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        delivery: |reply| match reply.failed {
            Some(Check::Unknown) => Delivery::Never,
            _ => Delivery::Once,
        },
        ..Hooks::NONE
    },
};
