//! Events have an id.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "event-with-id",
    rule: "event-shape",
    summary: "events have an id",
    dialect: Dialect::Qmp,
    hooks: Hooks { event: |event| event.set("id", Value::int(1)), eventful: true, ..Hooks::NONE },
};
