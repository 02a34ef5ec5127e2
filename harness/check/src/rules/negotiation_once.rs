//! A second qmp_capabilities: CommandNotFound.

use crate::prediction;
use crate::rule::{QMP, Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q109",
    slug: "negotiation-once",
    title: "Negotiation happens once",
    requirement: "After negotiation qmp_capabilities with valid arguments is answered with CommandNotFound.",
    source: "QEMU monitor/qmp-cmds.c:qmp_qmp_capabilities",
    terms: Terms {
        dialects: QMP,
        yields_to: &["negotiation-per-connection/CommandNotFound"],
        ..Terms::USUAL
    },
    judge: prediction::judge,
};
