//! Commands before negotiation: CommandNotFound.

use crate::prediction;
use crate::rule::{QMP, Rule, Severity};
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q104",
    slug: "negotiation-gate",
    title: "Nothing runs before negotiation",
    requirement: "Before qmp_capabilities has succeeded, every other command, known or not, is answered with an error of class CommandNotFound.",
    source: "QMP specification, Capabilities Negotiation; QEMU monitor/qmp.c, qapi/qmp-dispatch.c",
    severity: Severity::Violation,
    dialects: QMP,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &["command-not-found", "negotiation-per-connection/CommandNotFound"],
    judge: prediction::judge,
};
