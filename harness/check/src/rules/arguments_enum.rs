//! An unknown enumeration value: GenericError.

use crate::prediction;
use crate::rule::{BOTH, Rule, Severity};
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q407",
    slug: "arguments-enum",
    title: "Enumerations are closed",
    requirement: "A string that is no value of the declared enumeration, compared byte for byte, is answered with GenericError.",
    source: "QEMU qapi/qapi-visit-core.c:input_type_enum",
    severity: Severity::Violation,
    dialects: BOTH,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &["declared-command"],
    judge: prediction::judge,
};
