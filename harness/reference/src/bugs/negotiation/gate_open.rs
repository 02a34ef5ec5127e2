//! Commands run before negotiation.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "gate-open",
    rule: "negotiation-gate",
    summary: "commands run before negotiation",
    dialect: Dialect::Qmp,
    hooks: Hooks { upholds: |refusal, _, _| refusal.check != Check::Gate, ..Hooks::NONE },
};
