//! A refused qmp_capabilities leaves the session in negotiation mode.

use crate::prediction;
use crate::rule::{QMP, Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q107",
    slug: "negotiation-atomic",
    title: "A refused qmp_capabilities changes nothing",
    requirement: "After a qmp_capabilities that was refused the session is still in negotiation mode, with no capability enabled.",
    source: "QEMU monitor/qmp-cmds.c:qmp_caps_accept (all or nothing)",
    terms: Terms {
        dialects: QMP,
        yields_to: &["negotiation-gate", "oob-gate", "negotiation-per-connection/CommandNotFound"],
        ..Terms::USUAL
    },
    judge: prediction::judge,
};
