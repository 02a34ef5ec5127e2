//! Every connection negotiates for itself.

use crate::prediction;
use crate::rule::{QMP, Rule, Severity};
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q110",
    slug: "negotiation-per-connection",
    title: "Every connection negotiates for itself",
    requirement: "A new connection is in negotiation mode with every capability off, whatever an earlier one did.",
    source: "QEMU monitor/qmp.c:monitor_qmp_event (CHR_EVENT_OPENED)",
    severity: Severity::Violation,
    dialects: QMP,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &[],
    judge: prediction::judge,
};
