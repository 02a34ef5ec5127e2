//! 'exec-oob' of an in-band command: GenericError.

use crate::prediction;
use crate::rule::{QMP, Rule, Severity};
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q208",
    slug: "oob-allowed",
    title: "Only allow-oob commands run out of band",
    requirement: "'exec-oob' of a command that does not allow it is answered with GenericError.",
    source: "QMP specification, Out-of-band execution; QEMU qapi/qmp-dispatch.c:qmp_dispatch",
    severity: Severity::Violation,
    dialects: QMP,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &[],
    judge: prediction::judge,
};
