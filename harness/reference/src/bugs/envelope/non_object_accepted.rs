//! Input that is no object succeeds.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "non-object-accepted",
    rule: "envelope-object",
    summary: "input that is no object succeeds",
    dialect: Dialect::Qmp,
    hooks: Hooks { upholds: |refusal, _, _| refusal.check != Check::Object, ..Hooks::NONE },
};
