//! After a command nothing is answered any more.

use crate::bug::{Bug, Delivery, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "hangs-on-command",
    rule: "peer-survives",
    summary: "after a command nothing is answered any more",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        delivery: |reply| match reply.command.as_deref() {
            Some("query-name" | "guest-get-host-name") => Delivery::Hung,
            _ => Delivery::Once,
        },
        ..Hooks::NONE
    },
};
