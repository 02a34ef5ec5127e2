//! Guest-info lists one command too few.

use crate::bug::{Bug, Hooks, find_mut, members_mut};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "guest-info-lacks-one",
    rule: "guest-info-agrees",
    summary: "guest-info lists one command too few",
    dialect: Dialect::Qga,
    hooks: Hooks {
        returned: |value, call| {
            let listed = members_mut(value).and_then(|info| find_mut(info, "supported_commands"));
            if let (true, Some(Value::Array(listed))) = (call.is_any(&["guest-info"]), listed) {
                listed.pop();
            }
        },
        ..Hooks::NONE
    },
};
