//! The major version in the greeting is a string.

use crate::bug::{Bug, Hooks, find_mut};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "greeting-string-version",
    rule: "greeting-shape",
    summary: "the major version in the greeting is a string",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        greeting: |greetings| {
            if let Some(major) = super::numbers(greetings).and_then(|numbers| find_mut(numbers, "major")) {
                *major = Value::string(major.to_string());
            }
        },
        ..Hooks::NONE
    },
};
