//! 'arguments' that is no object: GenericError.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q203",
    slug: "envelope-arguments",
    title: "'arguments' is an object",
    requirement: "'arguments' that is no object is answered with GenericError, and the empty object means the same as no arguments.",
    source: "QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj",
    terms: Terms {
        yields_to: &[
            "basic-commands",
            "json-error-answered/CommandNotFound",
            "envelope-object/CommandNotFound",
            "envelope-execute/CommandNotFound",
        ],
        ..Terms::USUAL
    },
    judge: prediction::judge,
};
