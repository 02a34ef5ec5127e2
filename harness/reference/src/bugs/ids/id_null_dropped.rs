//! An id that is null is taken for none.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "id-null-dropped",
    rule: "reply-id-echo",
    summary: "an id that is null is taken for none",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            if reply.get_mut("id").is_some_and(|id| *id == Value::Null) {
                reply.remove("id");
            }
        },
        ..Hooks::NONE
    },
};
