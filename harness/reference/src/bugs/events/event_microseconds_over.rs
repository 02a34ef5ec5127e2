//! The microseconds of events reach a million.

use crate::bug::{Bug, Hooks, find_mut};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "event-microseconds-over",
    rule: "event-shape",
    summary: "the microseconds of events reach a million",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        event: |event| {
            if let Some(micros) =
                super::timestamp(event).and_then(|timestamp| find_mut(timestamp, "microseconds"))
            {
                *micros = Value::int(1_000_000);
            }
        },
        eventful: true,
        ..Hooks::NONE
    },
};
