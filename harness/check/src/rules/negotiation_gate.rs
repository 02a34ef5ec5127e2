//! Commands before negotiation: CommandNotFound.

use crate::prediction;
use crate::rule::{QMP, Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q104",
    slug: "negotiation-gate",
    title: "Nothing runs before negotiation",
    requirement: "Before qmp_capabilities has succeeded, every other command, known or not, is answered with an error of class CommandNotFound.",
    source: "QMP specification, Capabilities Negotiation; QEMU monitor/qmp.c, qapi/qmp-dispatch.c",
    terms: Terms {
        dialects: QMP,
        yields_to: &["command-not-found", "negotiation-per-connection/CommandNotFound"],
        ..Terms::USUAL
    },
    judge: prediction::judge,
};
