//! Characters outside ASCII in ids come back as question marks.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "id-unicode-mangled",
    rule: "reply-id-echo",
    summary: "characters outside ASCII in ids come back as question marks",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            reply.change_id(|id| {
                let plain = |ch: char| if ch.is_ascii() { ch } else { '?' };
                Some(Value::String(id.as_str()?.chars().map(plain).collect()))
            });
        },
        ..Hooks::NONE
    },
};
