//! A request that comes alone and is refused is answered twice.

use crate::bug::{Bug, Delivery, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "two-replies",
    rule: "one-reply",
    summary: "a request that comes alone and is refused is answered twice",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        delivery: |reply| if reply.is_error() && !reply.pipelined { Delivery::Twice } else { Delivery::Once },
        ..Hooks::NONE
    },
};
