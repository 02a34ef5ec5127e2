//! null where the type has none: GenericError.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q405",
    slug: "arguments-null",
    title: "null is not absent",
    requirement: "null for an argument whose type does not include null is answered with GenericError, also where the argument is optional.",
    source: "QEMU qapi/qobject-input-visitor.c; docs/devel/qapi-code-gen",
    terms: Terms { yields_to: &["declared-command", "arguments-type"], ..Terms::USUAL },
    judge: prediction::judge,
};
