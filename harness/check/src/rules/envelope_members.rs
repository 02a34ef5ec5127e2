//! A stray member in a command: GenericError.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q204",
    slug: "envelope-members",
    title: "A command has no other members",
    requirement: "A command object with any member but execute, exec-oob, arguments and id, or with both verbs, is answered with GenericError.",
    source: "QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj",
    terms: Terms {
        yields_to: &[
            "json-error-answered/CommandNotFound",
            "envelope-object/CommandNotFound",
            "envelope-execute/CommandNotFound",
            "envelope-arguments/CommandNotFound",
        ],
        ..Terms::USUAL
    },
    judge: prediction::judge,
};
