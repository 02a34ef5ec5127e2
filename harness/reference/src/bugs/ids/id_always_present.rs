//! Replies to requests without id carry null.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "id-always-present",
    rule: "reply-id-echo",
    summary: "replies to requests without id carry null",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            if reply.failed != Some(Check::Json) && reply.get_mut("id").is_none() {
                reply.push("id", Value::Null);
            }
        },
        ..Hooks::NONE
    },
};
