//! The guest agent greets its client.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "agent-greets",
    rule: "agent-silent-start",
    summary: "the guest agent greets its client",
    dialect: Dialect::Qga,
    hooks: Hooks {
        greeting: |greetings| {
            if greetings.is_empty() {
                greetings.push(Value::Object(vec![("QMP".to_owned(), Value::Object(Vec::new()))]));
            }
        },
        ..Hooks::NONE
    },
};
