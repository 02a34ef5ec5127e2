//! The case of a command name does not matter.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "command-name-case-insensitive",
    rule: "command-not-found",
    summary: "the case of a command name does not matter",
    dialect: Dialect::Qmp,
    hooks: Hooks { same_name: |asked, declared| asked.eq_ignore_ascii_case(declared), ..Hooks::NONE },
};
