//! The seconds of events are a string.

use crate::bug::{Bug, Hooks, find_mut};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "event-seconds-string",
    rule: "event-shape",
    summary: "the seconds of events are a string",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        event: |event| {
            if let Some(seconds) =
                super::timestamp(event).and_then(|timestamp| find_mut(timestamp, "seconds"))
            {
                *seconds = Value::string(seconds.to_string());
            }
        },
        eventful: true,
        ..Hooks::NONE
    },
};
