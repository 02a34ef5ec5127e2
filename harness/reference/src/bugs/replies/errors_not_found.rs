//! Every error is of class CommandNotFound.

use crate::bug::{Bug, Hooks, NOT_FOUND};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "errors-not-found",
    rule: "json-error-answered",
    summary: "every error is of class CommandNotFound",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        upholds: |refusal, _, _| {
            refusal.class = NOT_FOUND;
            true
        },
        ..Hooks::NONE
    },
};
