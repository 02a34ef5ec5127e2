//! A fresh connection gets an event before it has negotiated.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "event-before-negotiation",
    rule: "event-gate",
    summary: "a fresh connection gets an event before it has negotiated",
    dialect: Dialect::Qmp,
    hooks: Hooks { early: true, ..Hooks::NONE },
};
