//! Half a command that a client leaves behind is read with what the next client sends.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "half-command-outlives-client",
    rule: "half-command-outlives-client",
    summary: "half a command that a client leaves behind is read with what the next client sends",
    dialect: Dialect::Qga,
    hooks: Hooks { one_parser: true, ..Hooks::NONE },
};
