//! Commands that do not answer on success do answer.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "silent-command-answers",
    rule: "silent-success",
    summary: "commands that do not answer on success do answer",
    dialect: Dialect::Qga,
    hooks: Hooks { reply: |reply, _| reply.silent = false, ..Hooks::NONE },
};
