//! Lists within lists in ids come back as one list.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "id-list-flattened",
    rule: "reply-id-echo",
    summary: "lists within lists in ids come back as one list",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            reply.change_id(|id| {
                let mut flat = Vec::new();
                for element in id.as_array()? {
                    match element {
                        Value::Array(inner) => flat.extend(inner.iter().cloned()),
                        other => flat.push(other.clone()),
                    }
                }
                Some(Value::Array(flat))
            });
        },
        ..Hooks::NONE
    },
};
