//! Input that is no object: GenericError.

use crate::prediction;
use crate::rule::{BOTH, Rule, Severity};
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q201",
    slug: "envelope-object",
    title: "A command is a JSON object",
    requirement: "Input that is a JSON value but no object is answered with GenericError and without id.",
    source: "QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj",
    severity: Severity::Violation,
    dialects: BOTH,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &[],
    judge: prediction::judge,
};
