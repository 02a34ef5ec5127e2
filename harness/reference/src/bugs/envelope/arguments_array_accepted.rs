//! Arguments that are no object are taken for none.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "arguments-array-accepted",
    rule: "envelope-arguments",
    summary: "arguments that are no object are taken for none",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        upholds: |refusal, _, _| refusal.check != Check::Arguments || !refusal.known,
        ..Hooks::NONE
    },
};
