//! A fresh connection is not greeted.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "no-greeting",
    rule: "greeting-first",
    summary: "a fresh connection is not greeted",
    dialect: Dialect::Qmp,
    hooks: Hooks { greeting: Vec::clear, ..Hooks::NONE },
};
