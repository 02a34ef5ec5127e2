//! Successful queries carry an error as well.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "return-and-error",
    rule: "reply-shape",
    summary: "successful queries carry an error as well",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            if reply.is_successful_query() {
                reply.push("error", Value::Object(vec![("class".to_owned(), Value::string("GenericError"))]));
            }
        },
        ..Hooks::NONE
    },
};
