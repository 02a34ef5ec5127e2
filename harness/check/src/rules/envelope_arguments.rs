//! 'arguments' that is no object: GenericError.

use crate::prediction;
use crate::rule::{BOTH, Rule, Severity};
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q203",
    slug: "envelope-arguments",
    title: "'arguments' is an object",
    requirement: "'arguments' that is no object is answered with GenericError, and the empty object means the same as no arguments.",
    source: "QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj",
    severity: Severity::Violation,
    dialects: BOTH,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &["basic-commands"],
    judge: prediction::judge,
};
