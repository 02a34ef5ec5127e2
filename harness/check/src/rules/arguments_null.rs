//! null where the type has none: GenericError.

use crate::prediction;
use crate::rule::{BOTH, Rule, Severity};
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q405",
    slug: "arguments-null",
    title: "null is not absent",
    requirement: "null for an argument whose type does not include null is answered with GenericError, also where the argument is optional.",
    source: "QEMU qapi/qobject-input-visitor.c; docs/devel/qapi-code-gen",
    severity: Severity::Violation,
    dialects: BOTH,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &["declared-command", "arguments-type"],
    judge: prediction::judge,
};
