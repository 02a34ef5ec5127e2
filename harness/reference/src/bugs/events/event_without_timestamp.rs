//! Events have no timestamp.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "event-without-timestamp",
    rule: "event-shape",
    summary: "events have no timestamp",
    dialect: Dialect::Qmp,
    hooks: Hooks { event: |event| event.remove("timestamp"), eventful: true, ..Hooks::NONE },
};
