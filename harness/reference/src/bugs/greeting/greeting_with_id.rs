//! The greeting has an id.

use crate::bug::{Bug, Hooks, members_mut};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "greeting-with-id",
    rule: "greeting-shape",
    summary: "the greeting has an id",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        greeting: |greetings| {
            if let Some(greeting) = greetings.first_mut().and_then(members_mut) {
                greeting.push(("id".to_owned(), Value::Null));
            }
        },
        ..Hooks::NONE
    },
};
