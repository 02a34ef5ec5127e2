//! Errors come as what a command returned.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "error-returned",
    rule: "reply-shape",
    summary: "errors come as what a command returned",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            if let Some(error) = reply.get_mut("error").map(|error| error.clone()) {
                reply.remove("error");
                reply.push("return", Value::Object(vec![("error".to_owned(), error)]));
            }
        },
        ..Hooks::NONE
    },
};
