//! After a client that enabled oob, the next one need not negotiate.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "negotiation-survives-reconnect",
    rule: "negotiation-per-connection",
    summary: "after a client that enabled oob, the next one need not negotiate",
    dialect: Dialect::Qmp,
    hooks: Hooks { open: |session, world| session.negotiated |= world.negotiated_oob, ..Hooks::NONE },
};
