//! Integer ids pass through a double.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Number, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "id-big-integer-rounded",
    rule: "reply-id-echo",
    summary: "integer ids pass through a double",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            reply.change_id(|id| match id {
                Value::Number(Number::Int(int)) => Some(Value::int(*int as f64 as i64)),
                Value::Number(Number::Uint(uint)) => Some(Value::Number(Number::Uint(*uint as f64 as u64))),
                _ => None,
            });
        },
        ..Hooks::NONE
    },
};
