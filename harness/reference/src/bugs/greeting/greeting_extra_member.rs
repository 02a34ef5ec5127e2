//! The greeting has a member that does not exist.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "greeting-extra-member",
    rule: "greeting-shape",
    summary: "the greeting has a member that does not exist",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        greeting: |greetings| {
            if let Some(body) = super::body(greetings) {
                body.push(("motd".to_owned(), Value::string("hello")));
            }
        },
        ..Hooks::NONE
    },
};
