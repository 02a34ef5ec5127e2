//! Envelope defects come before the unknown command.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q205",
    slug: "envelope-order",
    title: "The envelope is checked before the command",
    requirement: "A malformed envelope around an unknown command is a GenericError, not CommandNotFound.",
    source: "QEMU qapi/qmp-dispatch.c:qmp_dispatch",
    terms: Terms {
        yields_to: &[
            "envelope-execute",
            "envelope-arguments",
            "envelope-members",
            "command-not-found",
            "oob-gate",
        ],
        ..Terms::USUAL
    },
    judge: prediction::judge,
};
