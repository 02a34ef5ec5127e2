//! A command ends the connection.

use crate::bug::{Bug, Delivery, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "crash-on-command",
    rule: "peer-survives",
    summary: "a command ends the connection",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        delivery: |reply| match reply.command.as_deref() {
            Some("query-name" | "guest-get-host-name") => Delivery::Closed,
            _ => Delivery::Once,
        },
        ..Hooks::NONE
    },
};
