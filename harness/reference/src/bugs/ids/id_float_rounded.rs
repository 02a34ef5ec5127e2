//! Fractional ids come back in single precision.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Number, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "id-float-rounded",
    rule: "reply-id-echo",
    summary: "fractional ids come back in single precision",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            reply.change_id(|id| match id {
                Value::Number(Number::Double(double)) => {
                    Some(Value::Number(Number::Double(f64::from(*double as f32))))
                }
                _ => None,
            });
        },
        ..Hooks::NONE
    },
};
