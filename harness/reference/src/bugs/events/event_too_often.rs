//! A rate-limited event comes several times a second.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "event-too-often",
    rule: "event-rate",
    summary: "a rate-limited event comes several times a second",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        event: |event| {
            let now = [("seconds", 1_700_000_000), ("microseconds", 0)];
            let members = now.map(|(name, number)| (name.to_owned(), Value::int(number)));
            event.set("timestamp", Value::Object(members.into()));
        },
        eventful: true,
        favourite: Some("RTC_CHANGE"),
        ..Hooks::NONE
    },
};
