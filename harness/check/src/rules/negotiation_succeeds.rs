//! qmp_capabilities with good arguments: return.

use crate::prediction;
use crate::rule::{QMP, Rule, Severity};
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q108",
    slug: "negotiation-succeeds",
    title: "qmp_capabilities succeeds",
    requirement: "qmp_capabilities without arguments, or enabling what the greeting offered, succeeds, also when it is sent before the greeting was read.",
    source: "QMP specification, Capabilities Negotiation; QEMU monitor/qmp.c, qapi/qmp-dispatch.c",
    severity: Severity::Violation,
    dialects: QMP,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &["negotiation-gate", "negotiation-atomic", "negotiation-per-connection"],
    judge: prediction::judge,
};
