//! Members of a request that do not exist are ignored.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "unknown-member-accepted",
    rule: "envelope-members",
    summary: "members of a request that do not exist are ignored",
    dialect: Dialect::Qmp,
    hooks: Hooks { upholds: |refusal, _, _| refusal.check != Check::Member || !refusal.known, ..Hooks::NONE },
};
