//! An event is written into the middle of a reply.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "event-splits-reply",
    rule: "output-strict-json",
    summary: "an event is written into the middle of a reply",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        line: |line, what| {
            if super::query(what).is_some() {
                let event =
                    b"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 0}, \"event\": \"RESUME\"}\r\n";
                line.splice(10.min(line.len())..10.min(line.len()), event.iter().copied());
            }
        },
        ..Hooks::NONE
    },
};
