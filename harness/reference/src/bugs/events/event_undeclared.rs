//! Events are sent that the schema does not declare.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "event-undeclared",
    rule: "event-declared",
    summary: "events are sent that the schema does not declare",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        event: |event| event.set("event", Value::string("X_UNDECLARED")),
        eventful: true,
        ..Hooks::NONE
    },
};
