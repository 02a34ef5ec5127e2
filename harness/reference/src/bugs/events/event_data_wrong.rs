//! A member of event data has another type.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "event-data-wrong",
    rule: "event-data",
    summary: "a member of event data has another type",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        event: |event| {
            if let Some((_, value)) = super::data(event).and_then(|data| data.first_mut()) {
                *value = Value::Array(vec![value.clone()]);
            }
        },
        eventful: true,
        favourite: Some("JOB_STATUS_CHANGE"),
        ..Hooks::NONE
    },
};
