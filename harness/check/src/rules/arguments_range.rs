//! An integer out of range: GenericError.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q406",
    slug: "arguments-range",
    title: "Integers are range checked",
    requirement: "An integer outside the range of its type is answered with GenericError.",
    source: "QEMU qapi/qapi-visit-core.c (visit_type_intN, visit_type_uintN)",
    terms: Terms { yields_to: &["declared-command", "arguments-coercion", "arguments-type"], ..Terms::USUAL },
    judge: prediction::judge,
};
