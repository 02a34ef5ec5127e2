//! An undeclared argument: GenericError.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q402",
    slug: "arguments-unknown",
    title: "Unknown arguments are refused",
    requirement: "A command with an argument that its schema does not declare, at any depth, is answered with GenericError and does not run.",
    source: "QEMU qapi/qobject-input-visitor.c; docs/devel/qapi-code-gen",
    terms: Terms { yields_to: &["declared-command"], ..Terms::USUAL },
    judge: prediction::judge,
};
