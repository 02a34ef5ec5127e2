//! An argument of the wrong JSON type: GenericError.

use crate::prediction;
use crate::rule::{BOTH, Rule, Severity};
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q403",
    slug: "arguments-type",
    title: "Arguments have their declared type",
    requirement: "An argument of another JSON type than the declared one is answered with GenericError.",
    source: "QEMU qapi/qobject-input-visitor.c; docs/devel/qapi-code-gen",
    severity: Severity::Violation,
    dialects: BOTH,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &["declared-command"],
    judge: prediction::judge,
};
