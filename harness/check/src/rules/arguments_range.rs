//! An integer out of range: GenericError.

use crate::prediction;
use crate::rule::{BOTH, Rule, Severity};
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q406",
    slug: "arguments-range",
    title: "Integers are range checked",
    requirement: "An integer outside the range of its type is answered with GenericError.",
    source: "QEMU qapi/qapi-visit-core.c (visit_type_intN, visit_type_uintN)",
    severity: Severity::Violation,
    dialects: BOTH,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &["declared-command", "arguments-coercion", "arguments-type"],
    judge: prediction::judge,
};
