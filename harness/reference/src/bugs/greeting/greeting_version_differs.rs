//! The greeting states another version than query-version.

use crate::bug::{Bug, Hooks, find_mut};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "greeting-version-differs",
    rule: "greeting-version-agrees",
    summary: "the greeting states another version than query-version",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        greeting: |greetings| {
            if let Some(micro) = super::numbers(greetings).and_then(|numbers| find_mut(numbers, "micro")) {
                *micro = Value::int(99);
            }
        },
        ..Hooks::NONE
    },
};
