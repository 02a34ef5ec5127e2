//! A fresh connection gets a reply that another client asked for.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "reply-to-next-client",
    rule: "no-foreign-reply",
    summary: "a fresh connection gets a reply that another client asked for",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        greeting: |greetings| {
            if !greetings.is_empty() {
                let reply = vec![
                    ("return".to_owned(), Value::Object(Vec::new())),
                    ("id".to_owned(), Value::string("of another client")),
                ];
                greetings.push(Value::Object(reply));
            }
        },
        ..Hooks::NONE
    },
};
