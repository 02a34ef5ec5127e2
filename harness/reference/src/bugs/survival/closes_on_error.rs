//! The connection is closed after an error.

use crate::bug::{Bug, Delivery, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "closes-on-error",
    rule: "peer-survives",
    summary: "the connection is closed after an error",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        delivery: |reply| if reply.is_error() { Delivery::ThenClosed } else { Delivery::Once },
        ..Hooks::NONE
    },
};
