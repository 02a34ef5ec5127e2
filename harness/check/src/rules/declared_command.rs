//! A declared command is there.

use crate::prediction;
use crate::rule::{BOTH, Rule, Severity};
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q410",
    slug: "declared-command",
    title: "Declared commands exist",
    requirement: "A command that the schema declares is never answered with CommandNotFound.",
    source: "QMP specification, query-qmp-schema; QEMU qapi/qmp-dispatch.c:qmp_dispatch",
    severity: Severity::Violation,
    dialects: BOTH,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &["negotiation-once"],
    judge: prediction::judge,
};
