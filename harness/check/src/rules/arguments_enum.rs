//! An unknown enumeration value: GenericError.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q407",
    slug: "arguments-enum",
    title: "Enumerations are closed",
    requirement: "A string that is no value of the declared enumeration, compared byte for byte, is answered with GenericError.",
    source: "QEMU qapi/qapi-visit-core.c:input_type_enum",
    terms: Terms { yields_to: &["declared-command"], ..Terms::USUAL },
    judge: prediction::judge,
};
