//! A missing mandatory argument: GenericError.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q401",
    slug: "arguments-required",
    title: "Mandatory arguments are required",
    requirement: "A command without one of its mandatory arguments, at any depth, is answered with GenericError and does not run.",
    source: "QEMU qapi/qobject-input-visitor.c; docs/devel/qapi-code-gen",
    terms: Terms { yields_to: &["declared-command"], ..Terms::USUAL },
    judge: prediction::judge,
};
