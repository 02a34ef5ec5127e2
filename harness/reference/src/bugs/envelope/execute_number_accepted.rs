//! A request whose execute is no string succeeds.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "execute-number-accepted",
    rule: "envelope-execute",
    summary: "a request whose execute is no string succeeds",
    dialect: Dialect::Qmp,
    hooks: Hooks { upholds: |refusal, _, _| refusal.check != Check::Verb, ..Hooks::NONE },
};
