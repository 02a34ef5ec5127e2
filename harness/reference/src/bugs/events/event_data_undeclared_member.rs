//! Event data has a member that the schema does not declare.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "event-data-undeclared-member",
    rule: "event-data",
    summary: "event data has a member that the schema does not declare",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        event: |event| {
            if let Some(data) = super::data(event) {
                data.push(("x-undeclared".to_owned(), Value::int(1)));
            }
        },
        eventful: true,
        favourite: Some("JOB_STATUS_CHANGE"),
        ..Hooks::NONE
    },
};
