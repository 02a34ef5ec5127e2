//! Events have a member that does not exist.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "event-extra-member",
    rule: "event-shape",
    summary: "events have a member that does not exist",
    dialect: Dialect::Qmp,
    hooks: Hooks { event: |event| event.set("source", Value::string("x")), eventful: true, ..Hooks::NONE },
};
