//! Events that declare no data have some.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "event-data-present-when-none",
    rule: "event-data",
    summary: "events that declare no data have some",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        event: |event| {
            if event.get_mut("data").is_none() {
                event.set("data", Value::Object(Vec::new()));
            }
        },
        eventful: true,
        favourite: Some("RESUME"),
        ..Hooks::NONE
    },
};
