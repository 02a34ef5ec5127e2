//! Malformed JSON is not answered.

use crate::bug::{Bug, Check, Delivery, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "json-error-silent",
    rule: "json-error-answered",
    summary: "malformed JSON is not answered",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        delivery: |reply| match reply.failed {
            Some(Check::Json) => Delivery::Never,
            _ => Delivery::Once,
        },
        ..Hooks::NONE
    },
};
