//! An argument of the wrong JSON type: GenericError.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q403",
    slug: "arguments-type",
    title: "Arguments have their declared type",
    requirement: "An argument of another JSON type than the declared one is answered with GenericError.",
    source: "QEMU qapi/qobject-input-visitor.c; docs/devel/qapi-code-gen",
    terms: Terms { yields_to: &["declared-command"], ..Terms::USUAL },
    judge: prediction::judge,
};
