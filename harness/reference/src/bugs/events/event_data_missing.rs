//! Events lack their data.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "event-data-missing",
    rule: "event-data",
    summary: "events lack their data",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        event: |event| event.remove("data"),
        eventful: true,
        favourite: Some("JOB_STATUS_CHANGE"),
        ..Hooks::NONE
    },
};
