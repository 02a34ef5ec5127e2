//! Every command runs out of band.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "oob-any-command",
    rule: "oob-allowed",
    summary: "every command runs out of band",
    dialect: Dialect::Qmp,
    hooks: Hooks { upholds: |refusal, _, _| refusal.check != Check::OobAllowed, ..Hooks::NONE },
};
