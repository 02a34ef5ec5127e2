//! A command without a proper 'execute': GenericError.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q202",
    slug: "envelope-execute",
    title: "'execute' is there and a string",
    requirement: "A command without 'execute', or whose 'execute' is no string, is answered with GenericError; the key may be spelt with escapes.",
    source: "QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj",
    terms: Terms {
        yields_to: &[
            "basic-commands",
            "json-error-answered/CommandNotFound",
            "envelope-object/CommandNotFound",
        ],
        ..Terms::USUAL
    },
    judge: prediction::judge,
};
