//! qmp_capabilities with good arguments: return.

use crate::prediction;
use crate::rule::{QMP, Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q108",
    slug: "negotiation-succeeds",
    title: "qmp_capabilities succeeds",
    requirement: "qmp_capabilities without arguments, or enabling what the greeting offered, succeeds, also when it is sent before the greeting was read.",
    source: "QMP specification, Capabilities Negotiation; QEMU monitor/qmp.c, qapi/qmp-dispatch.c",
    terms: Terms {
        dialects: QMP,
        yields_to: &["negotiation-gate", "negotiation-atomic", "negotiation-per-connection"],
        ..Terms::USUAL
    },
    judge: prediction::judge,
};
