//! Exec-oob works without being enabled.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "oob-without-negotiation",
    rule: "oob-gate",
    summary: "exec-oob works without being enabled",
    dialect: Dialect::Qmp,
    hooks: Hooks { upholds: |refusal, _, _| refusal.check != Check::OobGate, ..Hooks::NONE },
};
