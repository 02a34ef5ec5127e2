//! What a client leaves of its input is read with what the next client sends.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "input-outlives-connection",
    rule: "negotiation-per-connection",
    summary: "what a client leaves of its input is read with what the next client sends",
    dialect: Dialect::Qmp,
    hooks: Hooks { one_parser: true, ..Hooks::NONE },
};
