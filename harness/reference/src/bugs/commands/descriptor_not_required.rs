//! Commands that need a file descriptor do without.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "descriptor-not-required",
    rule: "descriptor-required",
    summary: "commands that need a file descriptor do without",
    dialect: Dialect::Qmp,
    hooks: Hooks { upholds: |refusal, _, _| refusal.check != Check::Descriptor, ..Hooks::NONE },
};
