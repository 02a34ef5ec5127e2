//! Guest-info says of all commands that they answer on success.

use crate::bug::{Bug, Hooks, find_mut, members_mut};
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "guest-info-wrong-response",
    rule: "guest-info-agrees",
    summary: "guest-info says of all commands that they answer on success",
    dialect: Dialect::Qga,
    hooks: Hooks {
        returned: |value, call| {
            let listed = members_mut(value).and_then(|info| find_mut(info, "supported_commands"));
            let Some(Value::Array(listed)) = listed.filter(|_| call.is_any(&["guest-info"])) else { return };
            for one in listed.iter_mut().filter_map(members_mut) {
                if let Some(answers) = find_mut(one, "success-response") {
                    *answers = Value::Bool(true);
                }
            }
        },
        ..Hooks::NONE
    },
};
