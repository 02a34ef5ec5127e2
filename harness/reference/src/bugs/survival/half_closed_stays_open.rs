//! A connection whose client has shut down its side is never closed.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "half-closed-stays-open",
    rule: "half-close-ends",
    summary: "a connection whose client has shut down its side is never closed",
    dialect: Dialect::Qmp,
    hooks: Hooks { lingering: true, ..Hooks::NONE },
};
