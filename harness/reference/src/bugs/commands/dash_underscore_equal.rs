//! Dashes and underscores in a command name are the same.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "dash-underscore-equal",
    rule: "command-not-found",
    summary: "dashes and underscores in a command name are the same",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        same_name: |asked, declared| asked.replace('_', "-") == declared.replace('_', "-"),
        ..Hooks::NONE
    },
};
