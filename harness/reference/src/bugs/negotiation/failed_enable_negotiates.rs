//! A qmp_capabilities that was refused completes the negotiation.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "failed-enable-negotiates",
    rule: "negotiation-atomic",
    summary: "a qmp_capabilities that was refused completes the negotiation",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        upholds: |refusal, session, _| {
            if refusal.is_of("qmp_capabilities") && matches!(refusal.check, Check::Conformance(_)) {
                session.negotiated = true;
            }
            true
        },
        ..Hooks::NONE
    },
};
