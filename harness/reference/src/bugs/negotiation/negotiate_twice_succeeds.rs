//! A second qmp_capabilities succeeds.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "negotiate-twice-succeeds",
    rule: "negotiation-once",
    summary: "a second qmp_capabilities succeeds",
    dialect: Dialect::Qmp,
    hooks: Hooks { upholds: |refusal, _, _| refusal.check != Check::Once, ..Hooks::NONE },
};
