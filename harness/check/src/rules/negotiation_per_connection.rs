//! Every connection negotiates for itself.

use crate::prediction;
use crate::rule::{QMP, Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q110",
    slug: "negotiation-per-connection",
    title: "Every connection negotiates for itself",
    requirement: "A new connection is in negotiation mode with every capability off, whatever an earlier one did.",
    source: "QEMU monitor/qmp.c:monitor_qmp_event (CHR_EVENT_OPENED)",
    terms: Terms { dialects: QMP, ..Terms::USUAL },
    judge: prediction::judge,
};
