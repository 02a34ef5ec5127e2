//! Malformed JSON that comes alone is not answered.

use crate::bug::{Bug, Check, Delivery, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "json-error-silent",
    rule: "json-error-answered",
    summary: "malformed JSON that comes alone is not answered",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        delivery: |reply| match reply.failed {
            Some(Check::Json) if !reply.pipelined => Delivery::Never,
            _ => Delivery::Once,
        },
        ..Hooks::NONE
    },
};
