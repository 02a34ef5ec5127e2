//! A look-alike of the declared type: GenericError.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q404",
    slug: "arguments-coercion",
    title: "Nothing is coerced",
    requirement: "A value that merely looks like the declared type (\"1\" for 1, 1 for true, 1.0 for an integer, \"on\" for true) is answered with GenericError.",
    source: "QEMU qapi/qobject-input-visitor.c; docs/devel/qapi-code-gen; qobject/qnum.c",
    terms: Terms { yields_to: &["declared-command", "arguments-type"], ..Terms::USUAL },
    judge: prediction::judge,
};
