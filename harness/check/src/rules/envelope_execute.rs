//! A command without a proper 'execute': GenericError.

use crate::prediction;
use crate::rule::{BOTH, Rule, Severity};
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q202",
    slug: "envelope-execute",
    title: "'execute' is there and a string",
    requirement: "A command without 'execute', or whose 'execute' is no string, is answered with GenericError; the key may be spelt with escapes.",
    source: "QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj",
    severity: Severity::Violation,
    dialects: BOTH,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &["basic-commands"],
    judge: prediction::judge,
};
