//! A second qmp_capabilities: CommandNotFound.

use crate::prediction;
use crate::rule::{QMP, Rule, Severity};
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q109",
    slug: "negotiation-once",
    title: "Negotiation happens once",
    requirement: "After negotiation qmp_capabilities with valid arguments is answered with CommandNotFound.",
    source: "QEMU monitor/qmp-cmds.c:qmp_qmp_capabilities",
    severity: Severity::Violation,
    dialects: QMP,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &["negotiation-per-connection/CommandNotFound"],
    judge: prediction::judge,
};
