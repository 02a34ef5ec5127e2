//! Commands before negotiation are refused without their id.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "gate-drops-id",
    rule: "reply-id-echo",
    summary: "commands before negotiation are refused without their id",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, _| {
            if reply.failed == Some(Check::Gate) {
                reply.remove("id");
            }
        },
        ..Hooks::NONE
    },
};
