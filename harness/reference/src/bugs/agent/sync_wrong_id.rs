//! A sync returns negative ids without their sign.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "sync-wrong-id",
    rule: "sync-echo",
    summary: "a sync returns negative ids without their sign",
    dialect: Dialect::Qga,
    hooks: Hooks {
        returned: |value, call| {
            let negated = value.as_integer().filter(|int| *int < 0).and_then(|int| i64::try_from(-int).ok());
            if let (true, Some(positive)) = (super::is_sync(call), negated) {
                *value = Value::int(positive);
            }
        },
        ..Hooks::NONE
    },
};
