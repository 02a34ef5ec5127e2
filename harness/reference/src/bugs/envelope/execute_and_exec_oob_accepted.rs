//! A request may have both execute and exec-oob.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "execute-and-exec-oob-accepted",
    rule: "envelope-members",
    summary: "a request may have both execute and exec-oob",
    dialect: Dialect::Qmp,
    hooks: Hooks { upholds: |refusal, _, _| refusal.check != Check::Clash, ..Hooks::NONE },
};
